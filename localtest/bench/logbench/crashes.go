package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// crashes has a writer die between reserving and placing every now and then, and measures how much later than otherwise
// the entries after its place come.
func crashes(ctx context.Context, b *bench, s settings) error {
	fmt.Printf("%d writers, %v added to each store call, %d processes of overload; ms from placing to pushing\n",
		s.writers, s.delay, s.overload)
	fmt.Printf("%6s %11s %8s %8s %8s %22s %22s\n", "age ms", "messages/s", "deaths", "p50 ms", "p99 ms", "longest per death, p50", "longest per death, max")
	stopLoad, err := overload(s.overload)
	if err != nil {
		return err
	}
	defer stopLoad()
	for _, age := range ages {
		if err := crashesAt(ctx, b, s, age); err != nil {
			return err
		}
	}
	return nil
}

func crashesAt(ctx context.Context, b *bench, s settings, age time.Duration) error {
	g, err := b.open(ctx, s.delay)
	if err != nil {
		return err
	}
	ears := &witness{delays: map[chat.EntryID]time.Duration{}}
	fan := startFanOut(ctx, g, age, ears)
	dead := make(chan []chat.EntryID, 1)
	dying, done := context.WithCancel(ctx)
	go func() { dead <- dieEvery(dying, g, age+time.Second) }()
	f, err := write(ctx, writerOn(g.store), s.writers, time.Duration(s.seconds)*time.Second)
	done()
	if err != nil {
		return err
	}
	if err := fan.stop(); err != nil {
		return err
	}
	var all, longest []time.Duration
	for _, d := range ears.delays {
		all = append(all, d)
	}
	slices.Sort(all)
	deaths := <-dead
	for _, id := range deaths {
		var worst time.Duration
		for next := id + 1; next < id+10; next++ { // others may have been late as well
			worst = max(worst, ears.delays[next])
		}
		longest = append(longest, worst)
	}
	slices.Sort(longest)
	fmt.Printf("%6.0f %11.1f %8d %8.1f %8.1f %22.1f %22.1f\n", millis(age), float64(f.stored)/f.took.Seconds(), len(deaths),
		millis(quantile(all, 0.5)), millis(quantile(all, 0.99)), millis(quantile(longest, 0.5)), millis(quantile(longest, 1)))
	return nil
}

// dieEvery reserves an id now and then and places nothing at it. It returns the ids.
func dieEvery(ctx context.Context, g *ground, often time.Duration) (ids []chat.EntryID) {
	for {
		select {
		case <-time.After(often):
		case <-ctx.Done():
			return ids
		}
		if head, err := g.store.Reserve(ctx, room, roomlog.NoLease); err == nil {
			ids = append(ids, head.Seq)
		}
	}
}
