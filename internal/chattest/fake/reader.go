package fake

import (
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// HoleAge is the age of holes in tests with a fake store.
const HoleAge = time.Second

// NewReader makes a Reader whose entries show as 1 KB each, but for those in sizes.
func NewReader(log *Store, sizes map[chat.EntryID]int) *roomlog.Reader {
	return roomlog.NewReader(log, roomlog.ReaderOptions{
		HoleAge: HoleAge, Now: time.Now, Jitter: func() float64 { return 0.5 },
		Size: func(e chat.Entry) int {
			if n, ok := sizes[e.ID]; ok {
				return n
			}
			return 1 << 10
		},
	})
}

// IDs returns the ids of entries.
func IDs(entries []chat.Entry) []chat.EntryID {
	var ids []chat.EntryID
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	return ids
}

// UpTo returns 1 … n.
func UpTo(n chat.EntryID) []chat.EntryID {
	ids := make([]chat.EntryID, n)
	for i := range ids {
		ids[i] = chat.EntryID(i + 1)
	}
	return ids
}
