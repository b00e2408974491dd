// Package latency keeps measured durations and tells how they are distributed.
package latency

import (
	"slices"
	"sync"
	"time"
)

// Samples are measured durations. They are safe for concurrent use.
type Samples struct {
	mu     sync.Mutex
	values []time.Duration
}

// Add adds one.
func (s *Samples) Add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values = append(s.values, d)
}

// Reset forgets all.
func (s *Samples) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values = s.values[:0]
}

// Count returns how many there are.
func (s *Samples) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.values)
}

// Quantile returns the value that q (0 to 1) of all are not above; 0 when there are none.
func (s *Samples) Quantile(q float64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.values) == 0 {
		return 0
	}
	slices.Sort(s.values)
	return s.values[min(len(s.values)-1, int(q*float64(len(s.values))))]
}

// Millis returns a duration in milliseconds.
func Millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
