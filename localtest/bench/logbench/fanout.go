package main

import (
	"context"
	"sync"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/fanout"
)

// nobody is a room without subscribers: the fan-out's own work is what is measured.
type nobody struct{}

// Deliver implements fanout.Deliverer.
func (nobody) Deliver(context.Context, fanout.Delivery) error { return nil }

// witness is one subscriber. It notes the age of each entry that comes.
type witness struct {
	mu     sync.Mutex
	delays map[chat.EntryID]time.Duration
}

// Deliver implements fanout.Deliverer.
func (w *witness) Deliver(_ context.Context, d fanout.Delivery) error {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range d.Entries {
		if !e.IsVoid() {
			w.delays[e.ID] = now.Sub(e.CreatedAt)
		}
	}
	return nil
}

// watchedStore is a store whose room somebody always listens to: the read of its subscribers is left out.
type watchedStore struct{ *dynamo.Store }

func (s watchedStore) Subscribers(
	ctx context.Context, room chat.RoomID, from *fanout.Cursor, limit int,
) (fanout.Page, error) {
	page, err := s.Store.Subscribers(ctx, room, from, limit)
	page.Subscriptions = []chat.Subscription{{Room: room, Connection: "witness"}}
	return page, err
}

// fanOut wakes the room as often as the stream would.
type fanOut struct {
	cancel context.CancelFunc
	ended  chan error
	took   []time.Duration // how long each wake took; to be read after stop
}

func startFanOut(ctx context.Context, g *ground, age time.Duration, to fanout.Deliverer) *fanOut {
	ctx, cancel := context.WithCancel(ctx)
	f := &fanOut{cancel: cancel, ended: make(chan error, 1)}
	one := fanout.NewWaker(watchedStore{g.store}, to, fanout.WakerOptions{HoleAge: age, Now: time.Now})
	wake := func() error {
		start := time.Now()
		err := one.Wake(context.WithoutCancel(ctx), room)
		f.took = append(f.took, time.Since(start))
		return err
	}
	go func() {
		for ctx.Err() == nil {
			if err := wake(); err != nil {
				f.ended <- err
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		f.ended <- wake()
	}()
	return f
}

// stop waits for the last wake, after which nothing is left to push.
func (f *fanOut) stop() error {
	f.cancel()
	return <-f.ended
}
