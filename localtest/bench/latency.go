package main

import (
	"slices"
	"sync"
	"time"
)

// latencies are measured durations.
type latencies struct {
	mu     sync.Mutex
	values []time.Duration
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.values = append(l.values, d)
}

func (l *latencies) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.values = l.values[:0]
}

// quantile returns the value that q (0 to 1) of all are not above.
func (l *latencies) quantile(q float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.values) == 0 {
		return 0
	}
	slices.Sort(l.values)
	return l.values[min(len(l.values)-1, int(q*float64(len(l.values))))]
}
