package dynamo_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/ratelimit"
)

func TestAdmit(t *testing.T) {
	each(t, func(f fixture) {
		ctx, now := f.Context(), noon
		s := dynamo.New(f.engine.DynamoDB, f.tables, func() time.Time { return now })
		one := ratelimit.Limit{Key: "one", GCRA: ratelimit.GCRA{Interval: 10 * time.Second, Burst: 3}}
		other := ratelimit.Limit{Key: "other", GCRA: ratelimit.GCRA{Interval: time.Minute, Burst: 2}}
		admit := func(what string, want time.Duration, limits ...ratelimit.Limit) {
			f.Helper()
			wait, err := s.Admit(ctx, limits...)
			got(f, what, wait, err, want)
		}
		for range 3 {
			admit("within the burst", 0, one)
		}
		admit("above it", 10*time.Second, one)
		admit("another key", 0, other)
		admit("both, of which one is full", 10*time.Second, other, one)
		now = now.Add(10*time.Second - time.Millisecond)
		admit("too early", time.Millisecond, one)
		now = now.Add(time.Millisecond)
		admit("at the time told, for both", 0, other, one)
		admit("the longer wait of both", 50*time.Second, one, other)
		now = now.Add(time.Hour)
		for range 3 {
			admit("after a rest", 0, one)
		}
		admit("above the burst again", 10*time.Second, one)
	})
}

// Twenty processes that ask as fast as they can get no more than one.
func TestManyProcessesStayWithinALimit(t *testing.T) {
	each(t, func(f fixture) {
		const processes = 20
		limit := ratelimit.Limit{Key: "k", GCRA: ratelimit.GCRA{Interval: 50 * time.Millisecond, Burst: 40}}
		begun := time.Now()
		end := begun.Add(2 * time.Second)
		var admitted atomic.Int64
		var all sync.WaitGroup
		for range processes {
			s := dynamo.New(f.engine.DynamoDB, f.tables, time.Now)
			all.Go(func() {
				for time.Now().Before(end) {
					wait, err := s.Admit(f.Context(), limit)
					if err != nil {
						f.Error(err)
						return
					}
					if wait == 0 {
						admitted.Add(1)
					}
				}
			})
		}
		all.Wait()
		most := float64(limit.Burst) + float64(time.Since(begun)/limit.Interval)
		if n := float64(admitted.Load()); n > 1.1*most || n < 0.9*(float64(limit.Burst)+float64(end.Sub(begun)/limit.Interval)) {
			f.Errorf("%v were let in, the limit allows %v", n, most)
		}
	})
}
