package fanout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// DirectOptions are the settings of a Direct.
type DirectOptions struct {
	Frames FramesFunc
	Gather time.Duration // how long a sender that is not alone waits before its next round
	Now    func() time.Time
	Left   func(ctx context.Context, cause error) // is told of a room that was left to the stream, and why; may be nil
	// InTurn makes all reads one after the other: for tests that let one call be made at a time.
	InTurn bool
}

// Direct pushes what a sender has stored, right after it was stored: for a sender that finds the room idle. It pushes
// only what is small and works at once. All else it leaves to the stream, which wakes the fan-out in any case. It never
// waits for a hole, and never fills one.
type Direct struct {
	store     Store
	deliverer Deliverer
	opts      DirectOptions
}

// NewDirect makes a Direct.
func NewDirect(store Store, deliverer Deliverer, opts DirectOptions) *Direct {
	return &Direct{store: store, deliverer: deliverer, opts: opts}
}

const (
	// directTime bounds the push of one sender, whose reply waits for it.
	directTime = time.Second
	// giveTime bounds the call that leaves a room to the stream.
	giveTime = 500 * time.Millisecond
	// maxWaiting is up to how many entries, its own included, a sender takes care that somebody pushes its own. Where
	// more wait, the room is busy: one of those that hold the lease by turns pushes it, or else the stream's fan-out.
	maxWaiting = 8
)

// Why a room is left to the stream though nothing failed.
var (
	ErrLarge  = errors.New("the room has many subscriptions")
	ErrBehind = errors.New("the room is more than a page behind")
)

// Push pushes what the call of Append has left, if nobody else does. It is to be called whatever Append has returned: a
// call that failed may hold the lease too.
func (d *Direct) Push(ctx context.Context, a roomlog.Appended) {
	pushed := a.Head.PushedID
	if !a.Holds() {
		var held bool
		if pushed, held = d.look(ctx, a); !held {
			return
		}
	}
	err := d.push(ctx, a, pushed)
	if err == nil {
		return
	}
	if d.opts.Left != nil {
		d.opts.Left(ctx, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveTime)
	defer cancel()
	// Without this the fan-out takes the lease when it has seen it for long enough.
	_ = d.store.Give(ctx, a.Room, a.Me)
}

// look takes the lease if nobody holds it and what this call placed is not pushed yet. Whoever holds it sees the entry.
func (d *Direct) look(ctx context.Context, a roomlog.Appended) (pushed chat.EntryID, held bool) {
	if a.Me == roomlog.NoLease || a.Placed == 0 || a.Head.Lease == roomlog.StreamLease ||
		a.Own > a.Head.PushedID+maxWaiting {
		return 0, false
	}
	head, err := d.store.Head(ctx, a.Room)
	if err != nil || head.Lease != roomlog.NoLease || head.PushedID >= a.Placed {
		return 0, false
	}
	head, held, err = d.store.Take(ctx, a.Room, a.Me, roomlog.NoLease)
	if err != nil {
		_ = d.store.Give(ctx, a.Room, a.Me) // it may have been taken
		return 0, false
	}
	return head.PushedID, held
}

func (d *Direct) push(ctx context.Context, a roomlog.Appended, pushed chat.EntryID) error {
	ctx, cancel := context.WithTimeout(ctx, directTime)
	defer cancel()
	run, beside, err := d.first(ctx, a, pushed)
	if err != nil {
		return err
	}
	h := holder{
		store: d.store, now: d.opts.Now, room: a.Room, held: a.Me, me: a.Me, gather: d.opts.Gather, maxRounds: maxRounds,
		push: func(ctx context.Context, pushed chat.EntryID, run roomlog.Run) (chat.EntryID, roomlog.Lease, error) {
			page := beside
			beside = nil
			return max(run.End, pushed), roomlog.NoLease, d.deliver(ctx, a.Room, pushed, run, page)
		},
	}
	_, err = h.run(ctx, pushed, run)
	return err
}

// first reads the log, and beside it the subscriptions if they may be used: when the only news is the entry of this call,
// and it lies in the log already, a connection that joins after that reads it there.
func (d *Direct) first(ctx context.Context, a roomlog.Appended, pushed chat.EntryID) (roomlog.Run, *Page, error) {
	type read struct {
		page Page
		err  error
	}
	if a.Own != pushed+1 || a.Placed != a.Own {
		run, err := roomlog.ReadRun(ctx, d.store, a.Room, pushed)
		return run, nil, err
	}
	beside := make(chan read, 1)
	readFew := func() {
		page, err := d.few(ctx, a.Room)
		beside <- read{page, err}
	}
	if d.opts.InTurn {
		readFew()
	} else {
		go readFew()
	}
	run, err := roomlog.ReadRun(ctx, d.store, a.Room, pushed)
	subscriptions := <-beside
	switch {
	case err != nil:
		return run, nil, err
	case subscriptions.err != nil:
		return run, nil, subscriptions.err
	case run.End != a.Own:
		return run, nil, nil
	}
	return run, &subscriptions.page, nil
}

func (d *Direct) few(ctx context.Context, room chat.RoomID) (Page, error) {
	page, err := d.store.Subscribers(ctx, room, nil, SmallRoom+1)
	return page, chat.Wrap("read subscriptions", err)
}

// deliver brings a run after the pushed id to the members of a small room, at once. Before that it applies what the run
// says of other messages.
func (d *Direct) deliver(ctx context.Context, room chat.RoomID, pushed chat.EntryID, run roomlog.Run, page *Page) error {
	entries := after(run.Entries, pushed)
	switch {
	case run.More:
		return ErrBehind
	case len(entries) == 0:
		return nil
	case page == nil:
		read, err := d.few(ctx, room)
		if err != nil {
			return err
		}
		page = &read
	}
	if !page.IsSmall() {
		return ErrLarge
	}
	entries, err := roomlog.Applier{Store: d.store, InTurn: d.opts.InTurn}.Apply(ctx, entries)
	entries = chat.Unexpired(entries, d.opts.Now())
	if err != nil || len(page.Subscriptions) == 0 || len(entries) == 0 {
		return chat.Wrap("apply changes", err)
	}
	_, err = d.deliverer.Deliver(ctx, Delivery{
		Room: room, Frames: d.opts.Frames(room, entries), Recipients: recipients(page.Subscriptions), ReadAt: page.ReadAt,
		Quick: true,
	})
	if err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	return nil
}
