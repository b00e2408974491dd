package roomlog

import (
	"context"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
)

// ReaderOptions are the settings of a Reader.
type ReaderOptions struct {
	HoleAge time.Duration            // how long the fan-out waits at a hole; readers wait up to twice as long
	Now     func() time.Time         // the time
	Jitter  func() float64           // random in [0, 1): spreads readers that wait at the same hole
	Size    func(chat.Entry) (n int) // bytes of an entry as it is shown
	// Late is told of a room with an entry that has not been pushed for lateAfter, with the room's head. It may be nil.
	Late   func(context.Context, chat.RoomID, Head)
	InTurn bool // as Applier.InTurn
}

// ReaderStore is what a Reader reads. A Reader writes nothing but voids, and what makes the settled id and the first id
// move.
type ReaderStore interface {
	Log
	Heads
	Targets
	Firsts
}

const (
	// settleAfter is how many entries a reader may walk to find the end of the log. One that had to walk more moves the
	// settled id, so that the next one need not.
	settleAfter = ScanLimit
	// lateAfter is how old an entry is that should have been pushed long ago.
	lateAfter = 10 * time.Second
)

// Reader reads the logs of rooms as clients see them.
type Reader struct {
	store ReaderStore
	opts  ReaderOptions
}

// NewReader makes a Reader.
func NewReader(store ReaderStore, opts ReaderOptions) *Reader {
	return &Reader{store: store, opts: opts}
}

func (r *Reader) applier() Applier { return Applier{Store: r.store, InTurn: r.opts.InTurn} }

// Page returns the page asked for. An entry that was acknowledged before the call is in it, if it belongs there: at a
// hole below such an entry Page waits, and then fills the hole.
//
// Errors: CodeUnavailable when ctx ends first; what the store returns, wrapped.
func (r *Reader) Page(ctx context.Context, q Query) (Page, error) {
	end, err := r.settledEnd(ctx, q.Room)
	if err != nil {
		return Page{}, err
	}
	return r.page(ctx, q, end)
}

// PageNow is Page up to the first hole, without waiting. It is for a caller that gets what lies past the hole by a
// push.
func (r *Reader) PageNow(ctx context.Context, q Query) (Page, error) {
	end, err := r.end(ctx, q.Room)
	if err != nil {
		return Page{}, err
	}
	return r.page(ctx, q, end)
}

// News returns the entries after q.After, which is given, up to the first hole, without waiting: a page, of no entries
// when there are none. It is for a caller that comes back soon. Where nothing is new it reads the head and nothing else.
//
// Errors: as [Reader.Page].
func (r *Reader) News(ctx context.Context, q Query) (Page, error) {
	head, err := r.store.Head(ctx, q.Room)
	if err != nil {
		return Page{}, fmt.Errorf("read head: %w", err)
	}
	after := max(*q.After, head.FirstID-1)
	if head.Seq <= after { // no id above it has been given out
		return Page{}, nil
	}
	end, err := r.endFrom(ctx, q.Room, head)
	if err != nil || end.id <= after {
		return Page{}, err
	}
	return r.page(ctx, q, end)
}

// Bounds returns a page without entries, which says how far the log goes now, up to the first hole.
//
// Errors: as [Reader.Page].
func (r *Reader) Bounds(ctx context.Context, room chat.RoomID) (Page, error) {
	end, err := r.end(ctx, room)
	return Page{Room: room, FirstID: max(end.first, FirstID), LastID: end.id}, err
}

// LastID returns the highest id up to which every place of the room is filled, without waiting at a hole.
func (r *Reader) LastID(ctx context.Context, room chat.RoomID) (chat.EntryID, error) {
	end, err := r.end(ctx, room)
	return end.id, err
}

// Settle applies what changes say that were placed before the call, and moves the settled id past them. It waits at holes
// below them as [Reader.Page] does.
func (r *Reader) Settle(ctx context.Context, room chat.RoomID) error {
	end, err := r.settledEnd(ctx, room)
	if err != nil || end.id == end.settled {
		return err
	}
	if _, err := r.applier().Apply(ctx, end.tail); err != nil {
		return err
	}
	return chat.Wrap("settle", r.store.Settle(ctx, room, end.id))
}

// page reads a page after its end was found: what the rows do not say yet, the tail of the end says.
func (r *Reader) page(ctx context.Context, q Query, end logEnd) (Page, error) {
	w := r.window(q, end)
	fromEnd := q.After == nil
	var entries []chat.Entry
	var err error
	switch { // one more than asked for tells whether there is more
	case !fromEnd:
		entries, err = w.after(ctx, *q.After, q.Limit+1)
	case q.Before != nil:
		entries, err = w.before(ctx, *q.Before, q.Limit+1)
	default:
		entries, err = w.before(ctx, end.id+1, q.Limit+1)
	}
	if err != nil {
		return Page{}, err
	}
	w.remember(ctx)
	p := Page{Room: q.Room, Entries: entries, FirstID: w.first, LastID: end.id}
	if p.Entries, err = end.shown(ctx, r.applier(), p.Entries); err != nil {
		return Page{}, err
	}
	p.Entries, p.More = r.cut(p.Entries, q.Limit, fromEnd)
	return p, nil
}

// settledEnd is end without the holes below an entry that was there when it was called: it waits at each, or fills it.
// All that was acknowledged before is among these entries. It does not wait for entries that come later: in a busy room
// they always leave new holes, and nobody was promised these entries.
func (r *Reader) settledEnd(ctx context.Context, room chat.RoomID) (logEnd, error) {
	end, err := r.end(ctx, room)
	if err != nil || end.next == nil {
		return end, err
	}
	newest, err := NewestID(ctx, r.store, room)
	if err != nil {
		return logEnd{}, err
	}
	age := time.Duration(float64(r.opts.HoleAge) * (1.5 + r.opts.Jitter()/2))
	hole := HoleWait{Log: r.store, Now: r.opts.Now, Age: age}
	for end.next != nil && end.id < newest {
		if err := hole.WaitOrFill(ctx, end.id, *end.next); err != nil {
			return logEnd{}, err
		}
		if end, err = r.end(ctx, room); err != nil {
			return logEnd{}, err
		}
	}
	return end, nil
}

// end returns the end of the unbroken run from the room's settled id on. The head is read first: up to the settled id a
// missing entry has expired, above it a missing entry is a hole.
func (r *Reader) end(ctx context.Context, room chat.RoomID) (logEnd, error) {
	head, err := r.store.Head(ctx, room)
	if err != nil {
		return logEnd{}, fmt.Errorf("read head: %w", err)
	}
	return r.endFrom(ctx, room, head)
}

// endFrom is end for a head that was read.
func (r *Reader) endFrom(ctx context.Context, room chat.RoomID, head Head) (logEnd, error) {
	end := logEnd{id: head.SettledID, first: head.FirstID, settled: head.SettledID}
	for {
		run, err := ReadRun(ctx, r.store, room, end.id)
		if err != nil {
			return logEnd{}, err
		}
		if end.id == head.SettledID {
			r.checkLate(ctx, room, head, run)
		}
		end.add(run)
		if run.More {
			continue
		}
		if end.id-head.SettledID > settleAfter {
			r.settle(ctx, room, end)
		}
		return end, nil
	}
}

// settle spares the next readers what this one had to walk. It is upkeep: a failure must not fail the reading.
func (r *Reader) settle(ctx context.Context, room chat.RoomID, end logEnd) {
	if _, err := r.applier().Apply(ctx, end.tail); err == nil {
		_ = r.store.Settle(ctx, room, end.id)
	}
}

// checkLate tells of a room whose pushing is late. first is the run after the settled id. It costs a read of one entry
// only where the pushing is far behind.
func (r *Reader) checkLate(ctx context.Context, room chat.RoomID, head Head, first Run) {
	if r.opts.Late == nil || head.JobUntil.After(r.opts.Now()) {
		return
	}
	oldest := first.Entries
	if head.PushedID < head.SettledID {
		var err error
		if oldest, err = r.store.EntriesAfter(ctx, room, head.PushedID, 1); err != nil {
			return
		}
	}
	if len(oldest) > 0 && r.opts.Now().Sub(oldest[0].CreatedAt) > lateAfter {
		r.opts.Late(ctx, room, head)
	}
}
