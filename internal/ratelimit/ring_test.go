package ratelimit_test

import (
	"strings"
	"testing"
	"time"

	"serverlesschat/internal/ratelimit"
)

func TestRate(t *testing.T) {
	for _, c := range []struct {
		rate        ratelimit.Rate
		now, before int
		want        bool
	}{
		{ratelimit.Rate{PerSecond: 10, Burst: 20}, 9, 20, true},
		{ratelimit.Rate{PerSecond: 10, Burst: 20}, 10, 1, false},
		{ratelimit.Rate{PerSecond: 10, Burst: 20}, 19, 0, true},
		{ratelimit.Rate{PerSecond: 10, Burst: 20}, 20, 0, false},
		{ratelimit.Rate{PerSecond: 10, Burst: 12}, 11, 8, true},
		{ratelimit.Rate{PerSecond: 10, Burst: 12}, 11, 9, false},
		{ratelimit.Rate{PerSecond: 1, Burst: 1}, 0, 1, true},
		{ratelimit.Rate{PerSecond: 1, Burst: 1}, 1, 0, false},
	} {
		if got := c.rate.Allows(c.now, c.before); got != c.want {
			t.Errorf("%+v, %d after %d: %t, want %t", c.rate, c.now, c.before, got, c.want)
		}
	}
}

// TestRateInTheLongRun: whoever always takes what it can get has no more than the rate, whatever it leaves out.
func TestRateInTheLongRun(t *testing.T) {
	for _, rate := range []ratelimit.Rate{{PerSecond: 10, Burst: 20}, {PerSecond: 10, Burst: 13}, {PerSecond: 3, Burst: 3}, {PerSecond: 1, Burst: 2}} {
		for pattern := range 1 << 8 { // which of eight seconds it takes everything in; else it takes what keeps quiet
			taken, before := 0, 0
			for second := range 800 {
				want := rate.Quiet() - 1
				if pattern>>(second%8)&1 == 1 {
					want = rate.Burst
				}
				now := 0
				for now < want && rate.Allows(now, before) {
					now++
				}
				taken, before = taken+now, now
			}
			if taken > 800*rate.PerSecond+rate.Burst {
				t.Errorf("%+v, pattern %08b: %d in 800 s", rate, pattern, taken)
			}
		}
	}
}

func TestWaitIsForTheNextSecond(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for after, want := range map[time.Duration]time.Duration{
		0: 1050 * time.Millisecond, 400 * time.Millisecond: 650 * time.Millisecond, 999 * time.Millisecond: 51 * time.Millisecond,
	} {
		if got := (ratelimit.Rate{PerSecond: 1, Burst: 1}).Wait(noon.Add(after)); got != want {
			t.Errorf("at %v: %v, want %v", after, got, want)
		}
	}
}

// TestSlots: each window of the ring is the one of now, the one before, or among the others.
func TestSlots(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	for range ratelimit.Slots {
		now, before := ratelimit.Slot(at)
		all := map[string]bool{now: true, before: true}
		for name := range strings.SplitSeq(ratelimit.Others(at), ", ") {
			all[name] = true
		}
		if len(all) != ratelimit.Slots {
			t.Errorf("at %d: %d windows", at.Unix(), len(all))
		}
		if next, of := ratelimit.Slot(at.Add(time.Second)); of != now || next == now {
			t.Errorf("at %d: %s, and then %s after %s", at.Unix(), now, next, of)
		}
		at = at.Add(time.Second)
	}
}
