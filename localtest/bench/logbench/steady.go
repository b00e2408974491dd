package main

import (
	"context"
	"fmt"
	"time"
)

// defaultAge is the template's.
const defaultAge = time.Second

// steady writes into one room for a given time, with a fan-out running, and reads the whole log afterwards.
func steady(ctx context.Context, b *bench, s settings) error {
	g, err := b.open(ctx, s.delay)
	if err != nil {
		return err
	}
	fan := startFanOut(ctx, g, defaultAge, nobody{})
	f, err := write(ctx, writerOn(g.store), s.writers, time.Duration(s.seconds)*time.Second)
	if err != nil {
		return err
	}
	if err := fan.stop(); err != nil {
		return err
	}
	voids, last, err := count(ctx, g)
	if err != nil {
		return err
	}
	head, err := g.store.Head(ctx, room)
	if err != nil {
		return err
	}
	if head.PushedID != last {
		return fmt.Errorf("the pushed id is %d, the last entry %d", head.PushedID, last)
	}
	fmt.Printf("%d writers, %v added to each store call, %.0f s: %.1f messages/s, p50 %.1f ms, p99 %.1f ms, %d voids, no hole among %d\n",
		s.writers, s.delay, f.took.Seconds(), float64(f.stored)/f.took.Seconds(),
		millis(quantile(f.latencies, 0.5)), millis(quantile(f.latencies, 0.99)), voids, last)
	return nil
}
