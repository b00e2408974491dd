package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// busy has many writers keep a room from ever being quiet. A writer is always between reserving and placing then, so
// there is nearly always a hole with an entry after it.
func busy(ctx context.Context, b *bench, s settings) error {
	fmt.Printf("%v added to each store call\n", s.delay)
	fmt.Printf("%7s %11s %6s %12s %12s %6s %12s %12s\n", "writers", "messages/s", "wakes", "wake p50 ms", "wake max ms", "pages", "page p50 ms", "page max ms")
	for _, writers := range []int{8, 32, 128} {
		g, err := b.open(ctx, s.delay)
		if err != nil {
			return err
		}
		fan := startFanOut(ctx, g, defaultAge, nobody{})
		reading, done := context.WithCancel(ctx)
		pages := make(chan []time.Duration, 1)
		go func() { pages <- readPages(reading, g) }()
		f, err := write(ctx, writerOn(g.store), writers, time.Duration(s.seconds)*time.Second)
		done()
		if err != nil {
			return err
		}
		if err := fan.stop(); err != nil {
			return err
		}
		read := <-pages
		slices.Sort(read)
		slices.Sort(fan.took)
		fmt.Printf("%7d %11.1f %6d %12.1f %12.1f %6d %12.1f %12.1f\n", writers, float64(f.stored)/f.took.Seconds(),
			len(fan.took), millis(quantile(fan.took, 0.5)), millis(quantile(fan.took, 1)),
			len(read), millis(quantile(read, 0.5)), millis(quantile(read, 1)))
	}
	return nil
}

// readPages asks for the newest page again and again, and measures how long each takes.
func readPages(ctx context.Context, g *ground) (took []time.Duration) {
	r := roomlog.NewReader(g.store, roomlog.ReaderOptions{
		HoleAge: defaultAge, Now: time.Now, Jitter: rand.Float64, Size: func(chat.Entry) int { return 0 },
	})
	for {
		start := time.Now()
		if _, err := r.Page(ctx, roomlog.Query{Room: room, Limit: roomlog.DefaultPageLimit}); ctx.Err() != nil {
			return append(took, time.Since(start)) // the one that was cut short counts too
		} else if err == nil {
			took = append(took, time.Since(start))
		}
		time.Sleep(20 * time.Millisecond)
	}
}
