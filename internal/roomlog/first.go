package roomlog

import (
	"context"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
)

// What has expired. A room's first id is the lowest id that is still there, and what lies below it is shown to nobody. It
// only moves forward. Entries expire nearly in the order of their ids: clocks differ, and a room's retention may become
// shorter and longer again. So whatever lies below an expired entry counts as expired too. A client then never finds a
// gap above the first id.
//
// The first id lies beside the marks, in the room's head. It need not be the newest one: it is found anew by whoever meets
// an expired entry, or none where one was, at the place that it asks for.

// window is what one call shows of a log: what is filled, as far as it has not expired.
type window struct {
	r     *Reader
	room  chat.RoomID
	end   logEnd
	first chat.EntryID // all below has expired
	known chat.EntryID // the first id in the head
	keep  time.Duration
	now   time.Time // one time for all that is judged
}

func (r *Reader) window(q Query, end logEnd) *window {
	first := max(end.first, FirstID)
	return &window{r: r, room: q.Room, end: end, first: first, known: first, keep: q.Retention, now: r.opts.Now()}
}

// after reads the entries above the id, limit at most.
func (w *window) after(ctx context.Context, id chat.EntryID, limit int) ([]chat.Entry, error) {
	for {
		from := max(id, w.first-1)
		if from >= w.end.id {
			return nil, nil
		}
		read, err := w.r.store.EntriesAfter(ctx, w.room, from, limit)
		if err != nil {
			return nil, fmt.Errorf("read page: %w", err)
		}
		read = upTo(read, w.end.id)
		gone := w.lastGone(read, from, len(read) < limit)
		if gone == from {
			return read, nil
		}
		if len(read) > 0 && gone < read[len(read)-1].ID {
			w.first = gone + 1
		} else if w.first, err = w.search(ctx, gone); err != nil {
			return nil, err
		}
	}
}

// lastGone returns the highest id that is not to be shown, among the ids that were read; from, which lies before them,
// when all are. all says that what was read goes up to the end of the log.
func (w *window) lastGone(read []chat.Entry, from chat.EntryID, all bool) chat.EntryID {
	gone, last := from, from
	for _, e := range read {
		if e.ID != last+1 {
			gone = e.ID - 1
		}
		if e.IsExpired(w.now, w.keep) {
			gone = e.ID
		}
		last = e.ID
	}
	if all && last < w.end.id {
		gone = w.end.id
	}
	return gone
}

// search returns the lowest id above gone, which has expired, that has not: by halves. It is after the end of the log when
// all have.
func (w *window) search(ctx context.Context, gone chat.EntryID) (chat.EntryID, error) {
	for there := w.end.id + 1; ; {
		if there == gone+1 {
			return there, nil
		}
		middle := gone + (there-gone)/2
		read, err := w.r.store.EntriesAfter(ctx, w.room, middle-1, 1)
		if err != nil {
			return 0, fmt.Errorf("search first entry: %w", err)
		}
		switch {
		case len(read) == 0 || read[0].ID >= there: // the rows from the middle on have been removed
			gone = there - 1
		case read[0].IsExpired(w.now, w.keep):
			gone = read[0].ID
		default:
			there = read[0].ID
		}
	}
}

// before reads the entries with the highest ids below the id, limit at most.
func (w *window) before(ctx context.Context, id chat.EntryID, limit int) ([]chat.Entry, error) {
	id = min(id, w.end.id+1)
	if id <= w.first {
		return nil, nil
	}
	read, err := w.r.store.EntriesBefore(ctx, w.room, id, limit)
	if err != nil {
		return nil, fmt.Errorf("read page: %w", err)
	}
	from := len(read) // of what is to be shown
	for lowest := id; from > 0; from-- {
		if e := read[from-1]; e.ID != lowest-1 || e.ID < w.first || e.IsExpired(w.now, w.keep) {
			break
		}
		lowest = read[from-1].ID
	}
	switch kept := read[from:]; {
	case len(kept) == 0:
		w.first, err = w.search(ctx, id-1)
		return nil, err
	case from > 0 || len(read) < limit: // a shorter one ends with the lowest row that there is
		w.first = kept[0].ID
		return kept, nil
	default:
		return kept, nil
	}
}

// remember keeps the first id for the next readers. It is upkeep: a failure must not fail the reading.
func (w *window) remember(ctx context.Context) {
	if w.first > w.known {
		_ = w.r.store.MoveFirst(ctx, w.room, w.first)
	}
}
