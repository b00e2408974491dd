package ratelimit_test

import (
	"testing"
	"time"

	"serverlesschat/internal/ratelimit"
)

func TestGCRA(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	g := ratelimit.GCRA{Interval: 10 * time.Second, Burst: 3}
	for _, c := range []struct {
		name  string
		asked []time.Duration // when one comes; whoever is refused comes in vain
		wait  time.Duration   // of the last
	}{
		{"the first", []time.Duration{0}, 0},
		{"a burst", []time.Duration{0, 0, 0}, 0},
		{"one more than a burst", []time.Duration{0, 0, 0, 0}, 10 * time.Second},
		{"a refusal costs nothing", []time.Duration{0, 0, 0, 0, 0, 0}, 10 * time.Second},
		{"too early by a bit", []time.Duration{0, 0, 0, 10*time.Second - time.Microsecond}, time.Millisecond},
		{"at the time told", []time.Duration{0, 0, 0, 10 * time.Second}, 0},
		{"one for each interval", []time.Duration{0, 0, 0, 10 * time.Second, 10 * time.Second}, 10 * time.Second},
		{"rest is not saved up", []time.Duration{0, time.Hour, time.Hour, time.Hour, time.Hour}, 10 * time.Second},
	} {
		var rest time.Time
		var wait time.Duration
		for _, after := range c.asked {
			now := noon.Add(after)
			if wait = g.Wait(rest, now); wait == 0 {
				rest = g.Take(rest, now)
			}
		}
		if wait != c.wait {
			t.Errorf("%s: told to wait %v, want %v", c.name, wait, c.wait)
		}
	}
}

// Whoever waits as long as told is let in, and a millisecond less is too little.
func FuzzGCRA(f *testing.F) {
	f.Add(int64(0), int64(1), 1)
	f.Add(int64(12345), int64(7000), 5)
	f.Fuzz(func(t *testing.T, ahead, interval int64, burst int) {
		g := ratelimit.GCRA{Interval: time.Duration(1+interval&0xfffff) * time.Millisecond, Burst: 1 + burst&0xff}
		now := time.Unix(1_800_000_000, 0)
		rest := now.Add(time.Duration(ahead&0xfffffff) * time.Millisecond)
		wait := g.Wait(rest, now)
		if g.Wait(rest, now.Add(wait)) != 0 || wait > 0 && g.Wait(rest, now.Add(wait-time.Millisecond)) == 0 {
			t.Errorf("%+v, busy until %v: told to wait %v", g, rest, wait)
		}
	})
}
