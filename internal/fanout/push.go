package fanout

import (
	"context"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// SmallRoom is up to how many subscriptions a room is small: its senders push to it themselves.
const SmallRoom = 200

// IsSmall reports whether the page, the first one of more than SmallRoom, is all that a small room has.
func (p Page) IsSmall() bool {
	return p.Next == nil && p.Shards <= 1 && len(p.Subscriptions) <= SmallRoom
}

// FramesFunc makes the frames that show entries of a room: as few as fit, in order.
type FramesFunc func(chat.RoomID, []chat.Entry) []Frame

func recipients(subscriptions []chat.Subscription) []Recipient {
	all := make([]Recipient, len(subscriptions))
	for i, s := range subscriptions {
		all[i] = Recipient{Subscription: s}
	}
	return all
}

// after returns the entries above the id, of rising ones.
func after(entries []chat.Entry, id chat.EntryID) []chat.Entry {
	for i, e := range entries {
		if e.ID > id {
			return entries[i:]
		}
	}
	return nil
}

const (
	maxRounds = 3
	// roundsTime is for how long one holder of a lease begins a next round.
	roundsTime = 100 * time.Millisecond
)

// holder pushes a room while it holds the lease, in rounds. A sender places its entry and looks at the head afterwards.
// A holder releases the lease and looks at the log afterwards. So one of the two always sees the other, and no entry is
// left to the stream, except in a busy room (see maxWaiting).
type holder struct {
	store Store
	now   func() time.Time
	room  chat.RoomID
	held  roomlog.Lease // what has to be in the head for the next release
	me    roomlog.Lease // what is put there for a further round
	// gather is how long a holder that is not alone waits before its next round, so that the frames hold more.
	gather    time.Duration
	maxRounds int
	// push brings what lies in a run after the pushed id to the members. It returns up to where, and who is to hold the
	// lease then.
	push func(ctx context.Context, pushed chat.EntryID, run roomlog.Run) (end chat.EntryID, next roomlog.Lease, err error)
}

// run pushes what lies after the pushed id, and then what has come meanwhile. It returns up to where it has moved the
// pushed id; 0 when it has not. After an error the lease may still be held.
func (h *holder) run(ctx context.Context, pushed chat.EntryID, run roomlog.Run) (released chat.EntryID, err error) {
	for began, round := h.now(), 1; ; round++ {
		end, next, err := h.push(ctx, pushed, run)
		if err != nil {
			return released, err
		}
		head, done, err := h.store.Release(ctx, h.room, end, h.held, next)
		if err != nil {
			return released, fmt.Errorf("release lease: %w", err)
		}
		if done {
			released = end
		}
		// A release that failed may have been done by a try of its own before. So the log is looked at in both cases.
		if head.Seq <= end || next != roomlog.NoLease || round >= h.maxRounds || h.now().Sub(began) > roundsTime {
			return released, nil
		}
		if chat.Sleep(ctx, h.gather) != nil {
			return released, nil //nolint:nilerr // the lease is free
		}
		if run, err = roomlog.ReadRun(ctx, h.store, h.room, end); err != nil || run.End == end {
			return released, nil //nolint:nilerr // whoever fills the next place looks at the head
		}
		taken, held, err := h.store.Take(ctx, h.room, h.me, roomlog.NoLease)
		h.held = h.me
		if err != nil {
			return released, fmt.Errorf("take lease: %w", err)
		}
		if !held {
			return released, nil // its holder reads the log later than this
		}
		pushed = taken.PushedID
	}
}
