package roomlog

import (
	"time"

	"serverlesschat/internal/chat"
)

const (
	// DefaultPageLimit is how many entries a page has when the request has no limit.
	DefaultPageLimit = 50
	// MaxPageLimit is the highest limit that a request may have.
	MaxPageLimit = 100
	// maxPageBytes is the protocol's 96 KB of JSON, less what stands around the entries in the largest reply.
	maxPageBytes = 96<<10 - 1024
)

// FirstID is the lowest id of a room in which nothing has expired.
const FirstID chat.EntryID = 1

// Query asks for a page of a room's log: after an id, or before one; when both are nil, for the newest page.
type Query struct {
	Room   chat.RoomID
	After  *chat.EntryID // 0 or more
	Before *chat.EntryID // 1 or more
	Limit  int           // 1–MaxPageLimit
	// Retention is how long the room keeps its entries now; 0 for ever. Entries expire by themselves too, so it matters
	// only where it has become shorter.
	Retention time.Duration
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
