package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/roomlog"
)

// nobody is a room without subscribers: the fan-out's own work is what is measured.
type nobody struct{}

// Deliver implements fanout.Deliverer.
func (nobody) Deliver(context.Context, fanout.Delivery) ([]fanout.Recipient, error) { return nil, nil }

// Rate implements fanout.Deliverer: nothing bounds it.
func (nobody) Rate(int) float64 { return 1e6 }

// witness is one subscriber. It notes the age of each entry that comes.
type witness struct {
	nobody
	mu     sync.Mutex
	delays map[chat.EntryID]time.Duration
}

// Deliver implements fanout.Deliverer.
func (w *witness) Deliver(_ context.Context, d fanout.Delivery) ([]fanout.Recipient, error) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range d.Frames {
		for _, e := range f.Entries {
			if !e.IsVoid() {
				w.delays[e.ID] = now.Sub(e.CreatedAt)
			}
		}
	}
	return nil, nil
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

// noJobs is a queue that takes nothing: a wake that fails ends the measurement.
type noJobs struct{}

// PushLater implements fanout.Jobs.
func (noJobs) PushLater(context.Context, chat.RoomID, time.Duration) error {
	return errors.New("there are no jobs here")
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
	one := fanout.NewWaker(watchedStore{g.store}, to, noJobs{}, fanout.WakerOptions{
		Frames:   func(_ chat.RoomID, entries []chat.Entry) []fanout.Frame { return []fanout.Frame{{Entries: entries}} },
		HoleAge:  age,
		NewLease: func() roomlog.Lease { return roomlog.NoLease }, // no sender pushes, so no lease is taken
		Now:      time.Now,
	})
	wake := func() error {
		start, ctx := time.Now(), context.WithoutCancel(ctx)
		newest, err := roomlog.NewestID(ctx, g.store, room)
		if err == nil {
			err = one.Wake(ctx, room, newest)
		}
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
