package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// setting is one line of the report.
type setting struct {
	members, inFlight int
	poll              time.Duration
}

// result is what was measured.
type result struct {
	setting
	took                          time.Duration
	sent, delivered               int64
	p50, p99                      time.Duration
	posts, writes, reads, invokes float64
}

// warmUp is not counted: processes start, connections are made.
const warmUp = 2 * time.Second

// measure runs one setting in a room of its own.
func measure(ctx context.Context, t *target, s settings, set setting) (result, error) {
	name := fmt.Sprintf("bench-%d-%d-%d", set.members, set.inFlight, time.Now().UnixMilli())
	progress("joining %d members", set.members)
	r, err := openRoom(ctx, t.websocket, name, set.members, t.token)
	if err != nil {
		return result{}, err
	}
	defer r.close()
	progress("warming up: %d members, %d in flight", set.members, set.inFlight)
	if err := r.run(ctx, set.inFlight, warmUp, "warm"); err != nil {
		return result{}, err
	}
	before, err := t.counters(ctx)
	if err != nil {
		return result{}, err
	}
	r.sent.Store(0)
	r.delivered.Store(0)
	r.latencies.reset()
	stop := r.reportProgress(set)
	start := time.Now()
	err = r.run(ctx, set.inFlight, time.Duration(s.seconds)*time.Second, "run")
	took := time.Since(start)
	stop()
	if err != nil {
		return result{}, err
	}
	after, err := t.counters(ctx)
	if err != nil {
		return result{}, err
	}
	c := after.since(before)
	return result{
		setting: set, took: took, sent: r.sent.Load(), delivered: r.delivered.Load(),
		p50: r.latencies.quantile(0.5), p99: r.latencies.quantile(0.99),
		posts: c[prefix+"posts_total"], writes: c[prefix+"write_units_total"], reads: c[prefix+"read_units_total"],
		invokes: c[prefix+"invocations_total"],
	}, nil
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

func printHeader() {
	fmt.Printf("%7s %9s %7s %10s %13s %9s %9s %10s %9s %9s %9s\n", "members", "in flight", "poll ms", "messages/s",
		"deliveries/s", "p50 ms", "p99 ms", "posts/dlv", "WRU/msg", "RRU/msg", "invokes/msg")
}

func (r result) String() string {
	seconds, messages, deliveries := r.took.Seconds(), float64(r.sent), float64(r.delivered)
	line := fmt.Sprintf("%7d %9d %7d %10.1f %13.0f %9.1f %9.1f", r.members, r.inFlight, r.poll.Milliseconds(),
		messages/seconds, deliveries/seconds, millis(r.p50), millis(r.p99))
	if r.invokes == 0 {
		return line + "  (no counters to read there)"
	}
	return line + fmt.Sprintf(" %10.3f %9.2f %9.2f %9.2f", r.posts/deliveries, r.writes/messages, r.reads/messages, r.invokes/messages)
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
