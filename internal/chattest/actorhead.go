package chattest

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// Reserve implements [roomlog.Heads].
func (a *Actor) Reserve(ctx context.Context, room chat.RoomID, me roomlog.Lease) (roomlog.Head, error) {
	return do(ctx, a, "Reserve", true, func() (roomlog.Head, error) { return a.store.Reserve(ctx, room, me) })
}

// DropLease implements [roomlog.Heads].
func (a *Actor) DropLease(ctx context.Context, room chat.RoomID, me roomlog.Lease) error {
	return act(ctx, a, "DropLease", true, func() error { return a.store.DropLease(ctx, room, me) })
}

// Head implements [roomlog.Heads].
func (a *Actor) Head(ctx context.Context, room chat.RoomID) (roomlog.Head, error) {
	return do(ctx, a, "Head", false, func() (roomlog.Head, error) { return a.store.Head(ctx, room) })
}

// Settle implements [roomlog.Heads].
func (a *Actor) Settle(ctx context.Context, room chat.RoomID, to chat.EntryID) error {
	return act(ctx, a, "Settle", true, func() error { return a.store.Settle(ctx, room, to) })
}

// changed is a head after a call, and whether the call has changed it.
type changed struct {
	head roomlog.Head
	done bool
}

func (a *Actor) change(ctx context.Context, name string, call func() (roomlog.Head, bool, error)) (roomlog.Head, bool, error) {
	c, err := do(ctx, a, name, true, func() (changed, error) {
		head, done, err := call()
		return changed{head, done}, err
	})
	return c.head, c.done, err
}

// MoveFirst implements [roomlog.Firsts].
func (a *Actor) MoveFirst(ctx context.Context, room chat.RoomID, to chat.EntryID) error {
	return act(ctx, a, "MoveFirst", true, func() error { return a.store.MoveFirst(ctx, room, to) })
}

// Take implements [fanout.Leases].
func (a *Actor) Take(ctx context.Context, room chat.RoomID, me, seen roomlog.Lease) (roomlog.Head, bool, error) {
	return a.change(ctx, "Take", func() (roomlog.Head, bool, error) { return a.store.Take(ctx, room, me, seen) })
}

// Advance implements [fanout.Leases].
func (a *Actor) Advance(ctx context.Context, room chat.RoomID, from, to chat.EntryID, held roomlog.Lease) (bool, error) {
	return do(ctx, a, "Advance", true, func() (bool, error) { return a.store.Advance(ctx, room, from, to, held) })
}

// Release implements [fanout.Leases].
func (a *Actor) Release(ctx context.Context, room chat.RoomID, to chat.EntryID, held, next roomlog.Lease) (roomlog.Head, bool, error) {
	return a.change(ctx, "Release", func() (roomlog.Head, bool, error) { return a.store.Release(ctx, room, to, held, next) })
}

// Give implements [fanout.Leases].
func (a *Actor) Give(ctx context.Context, room chat.RoomID, held roomlog.Lease) error {
	return act(ctx, a, "Give", true, func() error { return a.store.Give(ctx, room, held) })
}

// Mark implements [fanout.Marks].
func (a *Actor) Mark(ctx context.Context, room chat.RoomID, held roomlog.Lease, below chat.EntryID, until time.Time) error {
	return act(ctx, a, "Mark", true, func() error { return a.store.Mark(ctx, room, held, below, until) })
}

// ExtendMark implements [fanout.Marks].
func (a *Actor) ExtendMark(ctx context.Context, room chat.RoomID, until time.Time) error {
	return act(ctx, a, "ExtendMark", true, func() error { return a.store.ExtendMark(ctx, room, until) })
}

// PushLater implements [fanout.Jobs].
func (a *Actor) PushLater(ctx context.Context, room chat.RoomID, delay time.Duration) error {
	return act(ctx, a, "PushLater", true, func() error { return a.jobs.PushLater(ctx, room, delay) })
}
