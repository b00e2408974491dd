package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/localtest/bench/target"
)

// replyTimeout is longer than the gateway waits for a function.
const replyTimeout = 40 * time.Second

// watch wakes the room, tells every second how far it is, and then what came of it.
func (b *backlog) watch(ctx context.Context, sender *member) error {
	if err := b.tables.setMarks(ctx, b.room, chat.EntryID(b.entries), 0); err != nil {
		return err
	}
	before, err := b.target.Counters(ctx)
	if err != nil {
		return err
	}
	a, err := b.startAsking(ctx, sender)
	if err != nil {
		return err
	}
	took, err := b.tellEverySecond(ctx, func() error {
		fmt.Printf("until it was settled:\n%v\n%v\n%v\n", &a.newest, &a.middle, &a.joins)
		a.newest.took.Reset()
		a.middle.took.Reset()
		a.joins.took.Reset()
		before, err = b.target.Counters(ctx)
		return err
	})
	a.stop()
	if err != nil {
		return err
	}
	if a.sent != nil {
		fmt.Println("the message that wakes the room failed:", a.sent)
	}
	fmt.Printf("%v\n%v\n%v\n", &a.newest, &a.middle, &a.joins)
	if err := b.tellUnits(ctx, before, a.newest.took.Count()+a.middle.took.Count(), a.joins.took.Count()); err != nil {
		return err
	}
	return b.tellEnd(ctx, took)
}

// asking is what the room is asked while it is watched.
type asking struct {
	newest, middle, joins asked
	sent                  error // of the message that wakes the room; read after stop

	cancel context.CancelFunc
	all    sync.WaitGroup
}

func (a *asking) stop() {
	a.cancel()
	a.all.Wait()
}

// startAsking wakes the room and asks until it is stopped. Once it has sent, the sender's connection joins again and
// again.
func (b *backlog) startAsking(ctx context.Context, sender *member) (*asking, error) {
	token, err := b.target.Token("sender")
	if err != nil {
		return nil, err
	}
	a := &asking{
		newest: asked{name: "history, newest page"}, middle: asked{name: "history, in the middle"},
		joins: asked{name: "join"},
	}
	newest := func(ctx context.Context) error { return b.askHistory(ctx, token, 0) }
	middle := func(ctx context.Context) error { return b.askHistory(ctx, token, 1+rand.IntN(b.entries)) }
	join := func(ctx context.Context) error { return b.limited(ctx, sender.join) }
	ctx, a.cancel = context.WithCancel(ctx)
	a.all.Go(func() {
		a.sent = b.limited(ctx, sender.send)
		a.joins.repeat(ctx, b.askEvery, join)
	})
	a.all.Go(func() { a.newest.repeat(ctx, b.askEvery, newest) })
	a.all.Go(func() { a.middle.repeat(ctx, b.askEvery, middle) })
	return a, nil
}

// limited asks the room for something, and waits for the reply a little longer than the gateway does.
func (b *backlog) limited(ctx context.Context, ask func(context.Context, chat.RoomID) error) error {
	ctx, cancel := context.WithTimeout(ctx, replyTimeout)
	defer cancel()
	return ask(ctx, b.room)
}

// tellEverySecond returns how long it took: until all members have all entries, or until the time is over. It calls
// settledAll once all entries are settled.
func (b *backlog) tellEverySecond(ctx context.Context, settledAll func() error) (time.Duration, error) {
	fmt.Printf("%6s %9s %9s %9s %9s %9s %13s\n",
		"second", "settled", "pushed", "posts/s", "refused/s", "closed/s", "deliveries/s")
	start, ticker := time.Now(), time.NewTicker(time.Second)
	defer ticker.Stop()
	for last := (counts{}); ; {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		settled, pushed, err := b.tables.marks(ctx, b.room)
		if err != nil {
			return 0, err
		}
		seen := b.crowd.tally()
		now := counts{b.posts.posts.Load(), b.posts.refused.Load(), b.posts.closes.Load(), seen.entries}
		fmt.Printf("%6.0f %9d %9d %9d %9d %9d %13d\n", time.Since(start).Seconds(), settled, pushed,
			now.posts-last.posts, now.refused-last.refused, now.closes-last.closes, now.deliveries-last.deliveries)
		last = now
		if settledAll != nil && settled >= chat.EntryID(b.entries) {
			if err := settledAll(); err != nil {
				return 0, err
			}
			settledAll = nil
		}
		if took := time.Since(start); took >= b.length || seen.slowest > int64(b.entries) {
			return took, nil
		}
	}
}

// counts are what there has been so far.
type counts struct{ posts, refused, closes, deliveries int64 }

// tellUnits says what reading costs. What a function reads that is killed for its time is in no counter.
func (b *backlog) tellUnits(ctx context.Context, before target.Counters, histories, joins int) error {
	after, err := b.target.Counters(ctx)
	if err != nil {
		return err
	}
	used := after.Since(before)
	for _, f := range []struct {
		function, what string
		answered       int
	}{{"history", "page of history", histories}, {"default", "join", joins}} {
		units, invocations := used[target.Counter{Function: f.function, Metric: target.ReadUnits}],
			used[target.Counter{Function: f.function, Metric: target.Invocations}]
		fmt.Printf("read units a %s: %.2f (%.0f in %.0f invocations that ended, %d answered well)\n",
			f.what, units/max(invocations, 1), units, invocations, f.answered)
	}
	return nil
}

func (b *backlog) tellEnd(ctx context.Context, took time.Duration) error {
	settled, pushed, err := b.tables.marks(ctx, b.room)
	if err != nil {
		return err
	}
	t := b.crowd.tally()
	fmt.Printf("after %.1f s: %d entries settled, %d pushed, of %d; members have got %d to %d of them\n",
		took.Seconds(), settled, pushed, b.entries+1, t.slowest, t.fastest)
	fmt.Printf("members that saw something wrong: %d (ids missing %d, repeated %d, in the wrong order %d)\n",
		t.disturbed, t.gaps, t.repeats, t.disorders)
	fmt.Printf("connections lost: %d\n", t.lost)
	if t.fault != nil {
		return fmt.Errorf("a member: %w", t.fault)
	}
	return nil
}
