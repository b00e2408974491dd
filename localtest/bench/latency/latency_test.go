package latency

import (
	"testing"
	"time"
)

func TestQuantiles(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []time.Duration
		q      float64
		want   time.Duration
	}{
		{"of none", nil, 0.5, 0},
		{"of one", []time.Duration{7}, 0.5, 7},
		{"the middle, in any order", []time.Duration{5, 1, 4, 2, 3}, 0.5, 3},
		{"the least", []time.Duration{5, 1, 4}, 0, 1},
		{"the largest", []time.Duration{5, 1, 4}, 1, 5},
		{"99 of 100 are below", upTo(100), 0.99, 100},
		{"990 of 1,000 are below", upTo(1000), 0.99, 991},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s Samples
			for _, v := range c.values {
				s.Add(v)
			}
			if got := s.Quantile(c.q); got != c.want || s.Count() != len(c.values) {
				t.Errorf("got %d of %d values, want %d of %d", got, s.Count(), c.want, len(c.values))
			}
		})
	}
}

func upTo(n time.Duration) (values []time.Duration) {
	for v := n; v > 0; v-- {
		values = append(values, v)
	}
	return values
}

func TestResetForgetsAll(t *testing.T) {
	var s Samples
	s.Add(time.Second)
	s.Reset()
	s.Add(2)
	if got := s.Quantile(1); got != 2 || s.Count() != 1 {
		t.Errorf("got %v of %d values, want 2 of 1", got, s.Count())
	}
}
