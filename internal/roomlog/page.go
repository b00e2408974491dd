package roomlog

import "serverlesschat/internal/chat"

const (
	// DefaultPageLimit is how many entries a page has when nobody says how many.
	DefaultPageLimit = 50
	// MaxPageLimit is the most that a page may be asked for.
	MaxPageLimit = 100
	// maxPageBytes is the protocol's 96 KB of JSON, less what stands around the entries in the largest reply.
	maxPageBytes = 96<<10 - 1024
)

// FirstID is the lowest id of a room that is still there: 1 as long as no entry expires.
const FirstID chat.EntryID = 1

// Query asks for a page of a room's log. After and Before are nil when not asked for; both nil is the newest page.
type Query struct {
	Room   chat.RoomID
	After  *chat.EntryID
	Before *chat.EntryID
	Limit  int // 1–MaxPageLimit
}

// Validate reports the first field that is wrong.
func (q Query) Validate() error {
	if err := q.Room.Validate(); err != nil {
		return err
	}
	switch {
	case q.After != nil && q.Before != nil:
		return chat.Invalid("before", "cannot go with after")
	case q.After != nil && *q.After < 0:
		return chat.Invalid("after", "must be 0 or more")
	case q.Before != nil && *q.Before < 1:
		return chat.Invalid("before", "must be 1 or more")
	case q.Limit < 1 || q.Limit > MaxPageLimit:
		return chat.Invalid("limit", "must be from 1 to %d", MaxPageLimit)
	}
	return nil
}

// Page is a stretch of a room's log, in rising order.
type Page struct {
	Room    chat.RoomID
	Entries []chat.Entry
	FirstID chat.EntryID // the lowest id that is still there
	LastID  chat.EntryID // the highest id up to which every place is filled
	More    bool         // there is more in the direction asked for
}

// cut keeps at most limit entries and maxPageBytes, but at least one, from the start or from the end; it reports
// whether it left any out.
func (r *Reader) cut(entries []chat.Entry, limit int, fromEnd bool) ([]chat.Entry, bool) {
	kept, size := 0, 0
	for kept < len(entries) && kept < limit {
		i := kept
		if fromEnd {
			i = len(entries) - 1 - kept
		}
		size += r.opts.Size(entries[i]) + 1 // and a comma
		if kept > 0 && size > maxPageBytes {
			break
		}
		kept++
	}
	more := kept < len(entries)
	if fromEnd {
		return entries[len(entries)-kept:], more
	}
	return entries[:kept], more
}

// ValidateAfterID reports whether an id that a client has shown everything up to can be one; nil can.
func ValidateAfterID(after *chat.EntryID) error {
	if after != nil && *after < 0 {
		return chat.Invalid("after_id", "must be 0 or more")
	}
	return nil
}
