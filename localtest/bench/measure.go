package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"serverlesschat/localtest/bench/target"
)

// warmUp is not counted: processes start, connections are made.
const warmUp = 2 * time.Second

// measure runs one setting in a room of its own.
func measure(ctx context.Context, t *target.Target, length time.Duration, set setting) (result, error) {
	name := fmt.Sprintf("bench-%d-%d-%d", set.members, set.inFlight, time.Now().UnixMilli())
	progress("joining %d members", set.members)
	r, err := openRoom(ctx, t.WebSocket, name, set.members, t.Token)
	if err != nil {
		return result{}, err
	}
	defer r.close()
	progress("warming up: %d members, %d in flight", set.members, set.inFlight)
	if err := r.run(ctx, set.inFlight, warmUp, "warm"); err != nil {
		return result{}, err
	}
	before, err := counters(ctx, t)
	if err != nil {
		return result{}, err
	}
	r.reset()
	stop := r.reportProgress(set)
	start := time.Now()
	err = r.run(ctx, set.inFlight, length, "run")
	took := time.Since(start)
	stop()
	if err != nil {
		return result{}, err
	}
	after, err := counters(ctx, t)
	if err != nil {
		return result{}, err
	}
	return result{
		setting: set, took: took, sent: r.sent.Load(), delivered: r.delivered.Load(),
		p50: r.latencies.Quantile(0.5), p99: r.latencies.Quantile(0.99),
		ackP50: r.acks.Quantile(0.5), ackP99: r.acks.Quantile(0.99), counters: after.Since(before),
	}, nil
}

// counters returns what the functions have reported; empty where that cannot be read.
func counters(ctx context.Context, t *target.Target) (target.Counters, error) {
	c, err := t.Counters(ctx)
	if errors.Is(err, target.ErrNoCounters) {
		return target.Counters{}, nil
	}
	return c, err
}

func (r *room) reportProgress(set setting) (stop func()) {
	ticker, done := time.NewTicker(time.Second), make(chan struct{})
	go func() {
		last := int64(0)
		for {
			select {
			case <-ticker.C:
				now := r.delivered.Load()
				progress("%d members, %d in flight: %d deliveries/s", set.members, set.inFlight, now-last)
				last = now
			case <-done:
				return
			}
		}
	}()
	return func() { ticker.Stop(); close(done); progress("") }
}

// progress shows what goes on, on one line of the terminal that the next one replaces.
func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "\r\033[K"+format, args...)
}
