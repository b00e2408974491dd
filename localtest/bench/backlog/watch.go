package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/localtest/bench/target"
)

// replyTimeout is longer than the gateway waits for a function.
const replyTimeout = 40 * time.Second

// watch wakes the room, tells every second how far it is, and then what came of it.
func (b *backlog) watch(ctx context.Context, sender *member) error {
	token, err := b.target.Token("sender")
	if err != nil {
		return err
	}
	if err := b.tables.setMarks(ctx, b.room, chat.EntryID(b.entries), 0); err != nil {
		return err
	}
	before, err := b.target.Counters(ctx)
	if err != nil {
		return err
	}
	newest, middle, joins := &asked{name: "history, newest page"}, &asked{name: "history, in the middle"}, &asked{name: "join"}
	asking, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	sent := make(chan error, 1)
	all.Go(func() {
		// The sender's connection is the one that joins, after it has sent.
		err := limited(asking, func(ctx context.Context) error { return sender.send(ctx, b.room, "wake") })
		sent <- err
		joins.repeat(asking, b.askEvery, func(ctx context.Context) error {
			return limited(ctx, func(ctx context.Context) error { return sender.join(ctx, b.room) })
		})
	})
	all.Go(func() {
		newest.repeat(asking, b.askEvery, func(ctx context.Context) error { return b.askHistory(ctx, token, 0) })
	})
	all.Go(func() {
		middle.repeat(asking, b.askEvery, func(ctx context.Context) error { return b.askHistory(ctx, token, b.somewhere()) })
	})
	took, err := b.tellEverySecond(ctx)
	stop()
	all.Wait()
	if err != nil {
		return err
	}
	if err := <-sent; err != nil {
		fmt.Println("the message that wakes the room failed:", err)
	}
	for _, a := range []*asked{newest, middle, joins} {
		fmt.Println(a)
	}
	if err := b.tellUnits(ctx, before, newest.took.Count()+middle.took.Count(), joins.took.Count()); err != nil {
		return err
	}
	return b.tellEnd(ctx, took)
}

func limited(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, replyTimeout)
	defer cancel()
	return do(ctx)
}

// tellEverySecond returns how long it took: until all members have all entries, or until the time is over.
func (b *backlog) tellEverySecond(ctx context.Context) (time.Duration, error) {
	fmt.Printf("%6s %9s %9s %9s %9s %9s %13s\n", "second", "settled", "pushed", "posts/s", "refused/s", "closed/s", "deliveries/s")
	start, ticker := time.Now(), time.NewTicker(time.Second)
	defer ticker.Stop()
	var last struct{ posts, refused, closes, entries int64 }
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		settled, pushed, err := b.tables.marks(ctx, b.room)
		if err != nil {
			return 0, err
		}
		now, seen := last, b.crowd.tally()
		now.posts, now.refused, now.closes, now.entries = b.posts.posts.Load(), b.posts.refused.Load(), b.posts.closes.Load(), seen.entries
		fmt.Printf("%6.0f %9d %9d %9d %9d %9d %13d\n", time.Since(start).Seconds(), settled, pushed,
			now.posts-last.posts, now.refused-last.refused, now.closes-last.closes, now.entries-last.entries)
		last = now
		if took := time.Since(start); took >= b.length || seen.slowest > int64(b.entries) {
			return took, nil
		}
	}
}

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
	fmt.Printf("members that saw something wrong: %d (ids missing %d, repeated %d, in the wrong order %d); connections lost: %d\n",
		t.disturbed, t.gaps, t.repeats, t.disorders, t.lost)
	if t.fault != nil {
		return fmt.Errorf("a member: %w", t.fault)
	}
	return nil
}
