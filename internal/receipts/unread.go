package receipts

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

// Entries reads the log of rooms.
type Entries interface {
	// EntriesAfter is [roomlog.Log].EntriesAfter.
	EntriesAfter(ctx context.Context, room chat.RoomID, after chat.EntryID, limit int) ([]chat.Entry, error)
}

const (
	// MaxUnread is the highest number that is told; it stands for that many or more.
	MaxUnread = 100
	// maxCountedEntries and maxCountedBytes bound what is read to count. What is left then is taken for many.
	maxCountedEntries = 1000
	maxCountedBytes   = 128 << 10
	// firstRead is how many entries are read first: so few that the largest cost no more than all may. Each read may be
	// twice as long as the one before, as far as entries of the size that was seen fit.
	firstRead = 8
)

// Counter counts what members have not read.
type Counter struct {
	entries Entries
	size    func(chat.Entry) int
	now     func() time.Time
}

// NewCounter makes a Counter. size returns about how many bytes an entry takes.
func NewCounter(entries Entries, size func(chat.Entry) int, now func() time.Time) *Counter {
	return &Counter{entries: entries, size: size, now: now}
}

// Unread returns how many messages of others a user has not read: those after the id "read" up to "last" that are neither
// deleted nor expired. It is MaxUnread for that many or more, and for more than what may be read to count: 1,000 entries
// or 128 KB. It costs less than 40 read units, unless messages become far larger all at once.
//
// Errors: what the log returns, wrapped.
func (c *Counter) Unread(ctx context.Context, room rooms.Room, user chat.UserID, read, last chat.EntryID) (int, error) {
	count := unread{of: user, retention: room.Retention, now: c.now(), at: read, messages: map[chat.EntryID]bool{}}
	bytes, seen := 0, 0
	for limit := firstRead; count.at < last; {
		page, err := c.entries.EntriesAfter(ctx, room.ID, count.at, limit)
		if err != nil {
			return 0, chat.Wrap("read entries", err)
		}
		for _, e := range page {
			if e.ID > last {
				return count.told(), nil
			}
			count.add(e)
			bytes += c.size(e)
		}
		seen += len(page)
		switch {
		case len(page) < limit:
			return count.told(), nil
		case count.told() == MaxUnread:
			return MaxUnread, nil
		case count.at < last && (seen >= maxCountedEntries || bytes >= maxCountedBytes):
			return MaxUnread, nil
		}
		fit := (maxCountedBytes - bytes) * seen / max(bytes, 1)
		limit = max(1, min(2*limit, fit, maxCountedEntries-seen))
	}
	return count.told(), nil
}

// unread is what was counted of a log.
type unread struct {
	of        chat.UserID
	retention time.Duration
	now       time.Time
	at        chat.EntryID          // the last entry that was looked at
	messages  map[chat.EntryID]bool // those that count
}

// add looks at the next entry. What lies below a gap or an expired entry has expired too, as for all who read. A deletion
// may not have reached its message's row yet.
func (u *unread) add(e chat.Entry) {
	expired := e.IsExpired(u.now, u.retention)
	if expired || e.ID != u.at+1 {
		clear(u.messages)
	}
	u.at = e.ID
	switch {
	case expired:
	case e.Kind == chat.KindMessage && e.User != u.of && !e.Deleted:
		u.messages[e.ID] = true
	case e.Kind == chat.KindDelete:
		delete(u.messages, e.Target)
	}
}

func (u *unread) told() int { return min(len(u.messages), MaxUnread) }
