package app

import (
	"context"
	"testing"
	"time"
)

// What is no pause must not cost a new connection.
func TestConnectionsAreDroppedAfterPausesAlone(t *testing.T) {
	const pause, run = "pause", "run"
	type step struct {
		what string
		d    time.Duration
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  int // how often connections are dropped
	}{
		{"the first invocation", []step{{pause, time.Hour}, {run, 0}}, 0},
		{"30 s", []step{{run, 0}, {pause, 30 * time.Second}, {run, 0}}, 0},
		{"more than 30 s", []step{{run, 0}, {pause, 30*time.Second + 1}, {run, 0}, {run, 0}}, 1},
		{"each pause anew", []step{{run, 0}, {pause, time.Minute}, {run, 0}, {pause, time.Minute}, {run, 0}}, 2},
		{"long invocations", []step{{run, time.Minute}, {pause, time.Second}, {run, time.Minute}, {run, 0}}, 0},
		{"a clock that is put back", []step{{run, 0}, {pause, -time.Hour}, {run, 0}, {run, 0}}, 0},
	} {
		at, dropped := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), 0
		handler := afterPauses(func() time.Time { return at }, func() { dropped++ },
			func(_ context.Context, d time.Duration) (int, error) {
				at = at.Add(d)
				return dropped, nil
			})
		seen := 0 // by the last invocation
		for _, s := range c.steps {
			if s.what == pause {
				at = at.Add(s.d)
			} else {
				seen, _ = handler(t.Context(), s.d)
			}
		}
		if dropped != c.want || seen != c.want {
			t.Errorf("%s: dropped %d times, %d before the last invocation, want %d", c.name, dropped, seen, c.want)
		}
	}
}
