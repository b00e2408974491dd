package queues

import (
	"context"
	"sync"
	"time"
)

// Lambda begins with five batches at a time. While messages are left it adds up to 300 a minute, and goes back to five
// when there is little to do (Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings").
const (
	firstBatches = 5
	growEvery    = time.Minute / 300
)

// concurrency limits how many batches run at a time. One goroutine acquires.
type concurrency struct {
	most  int           // of limit
	freed chan struct{} // holds a token when one was released

	mu    sync.Mutex
	limit int
	used  int
	grown time.Time // when limit was last raised, or began to hold somebody up; zero: it holds up nobody
}

// newConcurrency takes a mapping's MaximumConcurrency.
func newConcurrency(most int) *concurrency {
	if most == 0 {
		most = maxConcurrency
	}
	return &concurrency{most: most, limit: min(firstBatches, most), freed: make(chan struct{}, 1)}
}

// acquire waits until one more batch may run. It returns false when ctx is over.
func (c *concurrency) acquire(ctx context.Context) bool {
	for ctx.Err() == nil {
		ok, next := c.try(time.Now())
		if ok {
			return true
		}
		c.await(ctx, next)
	}
	return false
}

// try takes a place if there is one. Else it returns when there will be another one; zero: only when one is released.
func (c *concurrency) try(now time.Time) (ok bool, next time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.used >= c.limit && c.limit < c.most {
		if c.grown.IsZero() {
			c.grown = now
		}
		if next = c.grown.Add(growEvery); !next.After(now) {
			c.limit++
			c.grown = now
		}
	}
	if c.used < c.limit {
		c.used++
		return true, time.Time{}
	}
	return false, next
}

func (c *concurrency) await(ctx context.Context, next time.Time) {
	var grows <-chan time.Time
	if !next.IsZero() {
		timer := time.NewTimer(time.Until(next))
		defer timer.Stop()
		grows = timer.C
	}
	select {
	case <-c.freed:
	case <-grows:
	case <-ctx.Done():
	}
}

func (c *concurrency) release() {
	c.mu.Lock()
	c.used--
	c.mu.Unlock()
	select {
	case c.freed <- struct{}{}:
	default:
	}
}

// relax goes back to the first limit. It is called when there are no messages.
func (c *concurrency) relax() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit, c.grown = min(firstBatches, c.most), time.Time{}
}
