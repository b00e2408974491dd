package fanout

import (
	"context"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// WakerOptions are the settings of a Waker.
type WakerOptions struct {
	HoleAge time.Duration // how long to wait for a late writer
	Now     func() time.Time
}

// Waker pushes the news of rooms to their subscribers.
type Waker struct {
	store     Store
	deliverer Deliverer
	opts      WakerOptions
}

// NewWaker makes a Waker.
func NewWaker(store Store, deliverer Deliverer, opts WakerOptions) *Waker {
	return &Waker{store: store, deliverer: deliverer, opts: opts}
}

// Wake pushes all of the room's news. It returns nil only when no entry that was there when it began lies past an open
// hole: no later wake may come for such an entry. So it may take as long as the age of a hole, and longer. An entry
// that came later has a record of its own, later in the stream. A wake that waited for such entries too would never end
// in a busy room, which always has a young hole.
func (w *Waker) Wake(ctx context.Context, room chat.RoomID) error {
	hole := roomlog.HoleWait{Log: w.store, Now: w.opts.Now, Age: w.opts.HoleAge}
	var newest chat.EntryID // that was there when the first hole was met; 0 before
	for {
		pushed, err := w.store.PushedID(ctx, room)
		if err != nil {
			return fmt.Errorf("read pushed id: %w", err)
		}
		run, err := roomlog.ReadRun(ctx, w.store, room, pushed)
		if err != nil {
			return err
		}
		if run.End > pushed {
			if err := w.push(ctx, room, run); err != nil {
				return err
			}
		}
		if run.More {
			continue
		}
		if run.Next != nil && newest == 0 {
			if newest, err = roomlog.NewestID(ctx, w.store, room); err != nil {
				return err
			}
		}
		if run.Next == nil || run.End >= newest {
			return nil
		}
		if err := hole.WaitOrFill(ctx, run.End, *run.Next); err != nil {
			return err
		}
	}
}

// push brings a run of the log to the members and moves the pushed id behind it.
func (w *Waker) push(ctx context.Context, room chat.RoomID, run roomlog.Run) error {
	// After the log, never before: a connection that joins meanwhile then has the run in its reply, or is read here.
	subscriptions, err := w.store.Subscribers(ctx, room)
	if err != nil {
		return fmt.Errorf("read subscriptions: %w", err)
	}
	if len(subscriptions) > 0 {
		if err := w.deliverer.Deliver(ctx, Delivery{Room: room, Entries: run.Entries, Subscriptions: subscriptions}); err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
	}
	return chat.Wrap("advance pushed id", w.store.AdvancePushedID(ctx, room, run.End))
}
