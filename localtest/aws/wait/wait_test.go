package wait_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/localtest/aws/wait"
)

func TestFor(t *testing.T) {
	for _, c := range []struct {
		name         string
		wait, end    time.Duration // end: of the context
		want         bool
		wantDuration time.Duration
	}{
		{"the time passes", time.Minute, time.Hour, true, time.Minute},
		{"the context ends before", time.Hour, time.Minute, false, time.Minute},
		{"the context has ended", time.Hour, 0, false, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), c.end)
			defer cancel()
			begun := time.Now()
			if got := wait.For(ctx, c.wait); got != c.want || time.Since(begun) != c.wantDuration {
				t.Errorf("%s: %t after %v, want %t after %v", c.name, got, time.Since(begun), c.want, c.wantDuration)
			}
		})
	}
}
