package chat

import (
	"context"
	"fmt"
	"time"
)

// FanoutSubscriptions keeps who gets which rooms.
type FanoutSubscriptions interface {
	// Subscribers returns all subscriptions of the room as they are now, consistently, over all shards there are now.
	Subscribers(ctx context.Context, room RoomID) ([]Subscription, error)
	// RemoveSubscription removes one whose connection is gone.
	RemoveSubscription(ctx context.Context, s Subscription) error
	// MarkClosing makes one get no more pushes: its connection could not be reached. Without a subscription it does nothing.
	MarkClosing(ctx context.Context, s Subscription) error
}

// Delivery is a stretch of a room's log and who is to get it.
type Delivery struct {
	Room          RoomID
	Entries       []Entry // rising, without gaps, not empty
	Subscriptions []Subscription
}

// Deliverer brings a delivery to every subscription in it.
type Deliverer interface {
	// Deliver returns nil only when each subscription has got the entries, is gone, or is marked to get no more.
	Deliver(ctx context.Context, d Delivery) error
}

// FanoutOptions are what a Fanout may be told.
type FanoutOptions struct {
	HoleAge time.Duration // how long to wait for a late writer
	Now     func() time.Time
}

// Fanout pushes the logs of rooms to their subscribers. What a wake says is only that a room has news; what to push is
// read from the log, from the room's position to the first hole.
type Fanout struct {
	store     FanoutStore
	deliverer Deliverer
	opts      FanoutOptions
}

// FanoutStore is what a Fanout reads and writes.
type FanoutStore interface {
	Log
	Head
	FanoutSubscriptions
}

// NewFanout makes a Fanout.
func NewFanout(store FanoutStore, deliverer Deliverer, opts FanoutOptions) *Fanout {
	return &Fanout{store: store, deliverer: deliverer, opts: opts}
}

// Wake pushes all of the room's news. It returns nil only when no entry that was there when it began lies past an open
// hole: for those no later wake may come, so it may take as long as the age of a hole, and longer. An entry that came
// later has a record of its own, later in the stream. (A busy room always has a young hole: who waited for none would
// never end.)
func (f *Fanout) Wake(ctx context.Context, room RoomID) error {
	hole := holeWait{log: f.store, now: f.opts.Now, age: f.opts.HoleAge}
	var newest EntryID // that was there when the first hole was met; 0 before
	for {
		position, err := f.store.Position(ctx, room)
		if err != nil {
			return fmt.Errorf("read position: %w", err)
		}
		run, err := readRun(ctx, f.store, room, position)
		if err != nil {
			return err
		}
		if run.end > position {
			if err := f.push(ctx, room, run); err != nil {
				return err
			}
		}
		if run.more {
			continue
		}
		if run.next != nil && newest == 0 {
			if newest, err = newestID(ctx, f.store, room); err != nil {
				return err
			}
		}
		if run.next == nil || run.end >= newest {
			return nil
		}
		if err := hole.at(ctx, run.end, *run.next); err != nil {
			return err
		}
	}
}

// push brings a run from the log to the members and moves the position behind it.
func (f *Fanout) push(ctx context.Context, room RoomID, run run) error {
	// After the log, never before: who joins meanwhile is then in one or in the other.
	subscriptions, err := f.store.Subscribers(ctx, room)
	if err != nil {
		return fmt.Errorf("read subscriptions: %w", err)
	}
	if len(subscriptions) > 0 {
		if err := f.deliverer.Deliver(ctx, Delivery{Room: room, Entries: run.entries, Subscriptions: subscriptions}); err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
	}
	return wrap("advance position", f.store.AdvancePosition(ctx, room, run.end))
}
