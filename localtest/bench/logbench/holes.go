package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"serverlesschat/internal/chat"
)

// stopwatch measures how long each id stays reserved before something is placed at it.
type stopwatch struct {
	counters chat.Counters
	placer   chat.Placer

	mu       sync.Mutex
	reserved map[chat.EntryID]time.Time
	spans    []time.Duration
}

// Reserve implements chat.Counters.
func (s *stopwatch) Reserve(ctx context.Context, room chat.RoomID) (chat.EntryID, error) {
	id, err := s.counters.Reserve(ctx, room)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reserved[id] = time.Now()
	return id, err
}

// Place implements chat.Placer.
func (s *stopwatch) Place(ctx context.Context, e chat.Entry) (*chat.Entry, error) {
	old, err := s.placer.Place(ctx, e)
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.reserved[e.ID]; ok {
		s.spans = append(s.spans, time.Since(at))
		delete(s.reserved, e.ID)
	}
	return old, err
}

func (s *stopwatch) quantile(q float64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.spans)
	return quantile(s.spans, q)
}

// nobody is a room without subscribers: the fan-out's own work is what is measured.
type nobody struct{}

// Deliver implements chat.Deliverer.
func (nobody) Deliver(context.Context, chat.Delivery) error { return nil }

// fanOut wakes the room as often as the stream would, until the returned function is called; that waits for its last run.
func fanOut(ctx context.Context, g *ground, age time.Duration) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	f := chat.NewFanout(g.store, nobody{}, chat.FanoutOptions{HoleAge: age, Now: time.Now})
	ended := make(chan error, 1)
	go func() {
		for ctx.Err() == nil {
			if err := f.Wake(context.WithoutCancel(ctx), room); err != nil {
				ended <- err
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		ended <- f.Wake(context.WithoutCancel(ctx), room)
	}()
	return func() error { cancel(); return <-ended }
}

func holes(ctx context.Context, b *bench, s settings) error {
	fmt.Printf("%d writers, %v added to each store call, %d goroutines of overload\n", s.writers, s.delay, s.overload)
	fmt.Printf("%6s %11s %8s %8s %8s %8s %8s %17s\n", "age ms", "messages/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "voids", "voids/10,000 msgs")
	stopLoad := overload(s.overload)
	defer stopLoad()
	for _, age := range []int{100, 250, 500, 1000, 2000} {
		g, err := b.open(ctx, s.delay)
		if err != nil {
			return err
		}
		watch := &stopwatch{counters: g.store, placer: g.store, reserved: map[chat.EntryID]time.Time{}}
		stop := fanOut(ctx, g, time.Duration(age)*time.Millisecond)
		f, err := write(ctx, g.writer(watch, watch), s.writers, time.Duration(s.seconds)*time.Second)
		if err != nil {
			return err
		}
		if err := stop(); err != nil {
			return err
		}
		voids, _, err := count(ctx, g)
		if err != nil {
			return err
		}
		fmt.Printf("%6d %11.1f %8.1f %8.1f %8.1f %8.1f %8d %17.1f\n", age, float64(f.stored)/f.took.Seconds(),
			millis(watch.quantile(0.5)), millis(watch.quantile(0.99)), millis(watch.quantile(0.999)), millis(watch.quantile(1)),
			voids, float64(voids)/float64(f.stored)*10_000)
	}
	return nil
}

// count reads the whole log. Its error is a hole.
func count(ctx context.Context, g *ground) (voids int, last chat.EntryID, err error) {
	for {
		entries, err := g.store.EntriesAfter(ctx, room, last, 1000)
		if err != nil || len(entries) == 0 {
			return voids, last, err
		}
		for _, e := range entries {
			if e.ID != last+1 {
				return 0, 0, fmt.Errorf("a hole is left: %d comes after %d", e.ID, last)
			}
			last = e.ID
			if e.IsVoid() {
				voids++
			}
		}
	}
}

// overload keeps processors busy until the returned function is called.
func overload(goroutines int) (stop func()) {
	done := make(chan struct{})
	for range goroutines {
		go func() {
			for {
				select {
				case <-done:
					return
				default:
				}
			}
		}()
	}
	return func() { close(done) }
}
