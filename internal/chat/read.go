package chat

import (
	"context"
	"fmt"
	"math"
	"time"
)

// ReaderOptions are what a Reader may be told.
type ReaderOptions struct {
	HoleAge time.Duration       // how long the fan-out waits at a hole; readers wait longer, so that it fills most
	Now     func() time.Time    // the time
	Jitter  func() float64      // random in [0, 1): spreads readers that wait at the same hole
	Size    func(Entry) (n int) // bytes of an entry as it is shown
}

// ReaderStore is what a Reader reads; it writes voids alone.
type ReaderStore interface {
	Log
	Head
}

// Reader reads the logs of rooms as clients see them.
type Reader struct {
	store ReaderStore
	opts  ReaderOptions
}

// NewReader makes a Reader.
func NewReader(store ReaderStore, opts ReaderOptions) *Reader {
	return &Reader{store: store, opts: opts}
}

const (
	// DefaultPageLimit and MaxPageLimit bound the entries of a page.
	DefaultPageLimit = 50
	MaxPageLimit     = 100
	maxPageBytes     = 96<<10 - 1024 // the protocol's 96 KB, less what stands around the entries in the largest reply
	scanLimit        = 500
)

// Query asks for a page of a room's log. After and Before are nil when not asked for; both nil is the newest page.
type Query struct {
	Room   RoomID
	After  *EntryID
	Before *EntryID
	Limit  int // 1–MaxPageLimit
}

// Validate reports the first field that is wrong.
func (q Query) Validate() error {
	if err := q.Room.Validate(); err != nil {
		return err
	}
	switch {
	case q.After != nil && q.Before != nil:
		return Invalid("before", "cannot go with after")
	case q.After != nil && *q.After < 0:
		return Invalid("after", "must be 0 or more")
	case q.Before != nil && *q.Before < 1:
		return Invalid("before", "must be 1 or more")
	case q.Limit < 1 || q.Limit > MaxPageLimit:
		return Invalid("limit", "must be from 1 to %d", MaxPageLimit)
	}
	return nil
}

// Page is a stretch of a room's log, in rising order.
type Page struct {
	Room    RoomID
	Entries []Entry
	FirstID EntryID // the lowest id that is still there
	LastID  EntryID // the highest id up to which every place is filled
	More    bool    // there is more in the direction asked for
}

// firstID is 1 as long as no entry expires.
const firstID EntryID = 1

// Page gives the page asked for. What was acknowledged before the call is in it, if it belongs there: at a hole with a
// later entry it waits, or fills.
//
// Errors: CodeUnavailable when ctx ends first; what the store returns, wrapped.
func (r *Reader) Page(ctx context.Context, q Query) (Page, error) {
	last, err := r.settledEnd(ctx, q.Room)
	if err != nil {
		return Page{}, err
	}
	return r.page(ctx, q, last)
}

// PageNow is Page up to the first hole, without waiting: for who gets what lies past it by a push.
func (r *Reader) PageNow(ctx context.Context, q Query) (Page, error) {
	last, _, err := r.end(ctx, q.Room)
	if err != nil {
		return Page{}, err
	}
	return r.page(ctx, q, last)
}

// LastID gives the highest id up to which every place of the room is filled, without waiting at a hole.
func (r *Reader) LastID(ctx context.Context, room RoomID) (EntryID, error) {
	last, _, err := r.end(ctx, room)
	return last, err
}

func (r *Reader) page(ctx context.Context, q Query, last EntryID) (Page, error) {
	p := Page{Room: q.Room, FirstID: firstID, LastID: last}
	var err error
	if q.After != nil {
		// One more than asked for tells whether there is more.
		p.Entries, err = r.store.EntriesAfter(ctx, q.Room, *q.After, q.Limit+1)
		p.Entries = upTo(p.Entries, last)
		p.Entries, p.More = r.cut(p.Entries, q.Limit, false)
	} else {
		before := last + 1
		if q.Before != nil {
			before = min(before, *q.Before)
		}
		p.Entries, err = r.store.EntriesBefore(ctx, q.Room, before, q.Limit+1)
		p.Entries, p.More = r.cut(p.Entries, q.Limit, true)
	}
	if err != nil {
		return Page{}, fmt.Errorf("read page: %w", err)
	}
	return p, nil
}

func upTo(entries []Entry, last EntryID) []Entry {
	for i, e := range entries {
		if e.ID > last {
			return entries[:i]
		}
	}
	return entries
}

// cut keeps at most limit entries and maxPageBytes, but at least one, from the start or from the end; it reports
// whether it left any out.
func (r *Reader) cut(entries []Entry, limit int, fromEnd bool) ([]Entry, bool) {
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

// settledEnd is end, after having waited or filled at every hole below an entry that was there when it was called: what
// was acknowledged before is among those. Entries that come later may leave new holes for as long as the room is busy, and
// nobody was promised these.
func (r *Reader) settledEnd(ctx context.Context, room RoomID) (EntryID, error) {
	end, next, err := r.end(ctx, room)
	if err != nil || next == nil {
		return end, err
	}
	newest, err := newestID(ctx, r.store, room)
	if err != nil {
		return 0, err
	}
	age := time.Duration(float64(r.opts.HoleAge) * (1.5 + r.opts.Jitter()/2))
	hole := holeWait{log: r.store, now: r.opts.Now, age: age}
	for next != nil && end < newest {
		if err := hole.at(ctx, end, *next); err != nil {
			return 0, err
		}
		if end, next, err = r.end(ctx, room); err != nil {
			return 0, err
		}
	}
	return end, nil
}

// end gives the end of the unbroken run from the room's position on, and the entry after the hole that ends it, nil
// when there is none. The position is read first: below it a missing entry has expired, above it one is a hole.
func (r *Reader) end(ctx context.Context, room RoomID) (EntryID, *Entry, error) {
	position, err := r.store.Position(ctx, room)
	if err != nil {
		return 0, nil, fmt.Errorf("read position: %w", err)
	}
	for end := position; ; {
		run, err := readRun(ctx, r.store, room, end)
		if err != nil {
			return 0, nil, err
		}
		if end = run.end; !run.more {
			return end, run.next, nil
		}
	}
}

// run is an unbroken stretch of a room's log.
type run struct {
	entries []Entry
	end     EntryID // id of the last of them, or where the run began when there are none
	next    *Entry  // the entry after the hole that ends the run; nil when nothing lies past its end
	more    bool    // the run may go on: it was cut for its length
}

// readRun reads the run that begins after the id "from", scanLimit entries at most.
func readRun(ctx context.Context, log Log, room RoomID, from EntryID) (run, error) {
	read, err := log.EntriesAfter(ctx, room, from, scanLimit)
	if err != nil {
		return run{}, fmt.Errorf("read log: %w", err)
	}
	r := run{end: from}
	for i, e := range read {
		if e.ID != r.end+1 {
			r.next = &read[i]
			return r, nil
		}
		r.end = e.ID
		r.entries = read[:i+1]
	}
	r.more = len(read) == scanLimit
	return r, nil
}

// readRange reads the entries after the id "after" up to "last", which must all be there.
func readRange(ctx context.Context, log Log, room RoomID, after, last EntryID) ([]Entry, error) {
	var entries []Entry
	for from := after; from < last; {
		run, err := readRun(ctx, log, room, from)
		if err != nil {
			return nil, err
		}
		if run.end == from {
			return nil, fmt.Errorf("entry %d of room %s is missing", from+1, room)
		}
		from = run.end
		entries = append(entries, run.entries...)
	}
	return upTo(entries, last), nil
}

// newestID gives the highest id that something lies at, 0 in an empty room.
func newestID(ctx context.Context, log Log, room RoomID) (EntryID, error) {
	newest, err := log.EntriesBefore(ctx, room, math.MaxInt64, 1)
	if err != nil || len(newest) == 0 {
		return 0, wrap("read newest entry", err)
	}
	return newest[0].ID, nil
}
