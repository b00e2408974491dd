package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// stopwatch measures how long each id stays reserved before something is placed at it.
type stopwatch struct {
	roomlog.WriterStore

	mu       sync.Mutex
	reserved map[chat.EntryID]time.Time
	spans    []time.Duration
}

// Reserve implements roomlog.Heads.
func (s *stopwatch) Reserve(ctx context.Context, room chat.RoomID, me roomlog.Lease) (roomlog.Head, error) {
	head, err := s.WriterStore.Reserve(ctx, room, me)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reserved[head.Seq] = time.Now()
	return head, err
}

// Place implements roomlog.Log.
func (s *stopwatch) Place(ctx context.Context, e chat.Entry) (*chat.Entry, error) {
	old, err := s.WriterStore.Place(ctx, e)
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

func holes(ctx context.Context, b *bench, s settings) error {
	fmt.Printf("%d writers, %v added to each store call, %d processes of overload; ms from reserving to placing\n",
		s.writers, s.delay, s.overload)
	fmt.Printf("%6s %11s %8s %8s %8s %8s %8s %17s\n", "age ms", "messages/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "voids", "voids/10,000 msgs")
	stopLoad, err := overload(s.overload)
	if err != nil {
		return err
	}
	defer stopLoad()
	for _, age := range ages {
		g, err := b.open(ctx, s.delay)
		if err != nil {
			return err
		}
		watch := &stopwatch{WriterStore: g.store, reserved: map[chat.EntryID]time.Time{}}
		fan := startFanOut(ctx, g, age, nobody{})
		f, err := write(ctx, writerOn(watch), s.writers, time.Duration(s.seconds)*time.Second)
		if err != nil {
			return err
		}
		if err := fan.stop(); err != nil {
			return err
		}
		voids, _, err := count(ctx, g)
		if err != nil {
			return err
		}
		fmt.Printf("%6.0f %11.1f %8.1f %8.1f %8.1f %8.1f %8d %17.1f\n", millis(age), float64(f.stored)/f.took.Seconds(),
			millis(watch.quantile(0.5)), millis(watch.quantile(0.99)), millis(watch.quantile(0.999)), millis(watch.quantile(1)),
			voids, float64(voids)/float64(f.stored)*10_000)
	}
	return nil
}

// ages are those of holes that are tried.
var ages = []time.Duration{
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second,
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
