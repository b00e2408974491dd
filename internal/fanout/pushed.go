package fanout

import (
	"sync"
	"time"

	"serverlesschat/internal/chat"
)

// Pushed counts what one delivery took.
type Pushed struct {
	Posts      int
	Deliveries int // entries times connections that got them
	Gone       int
	Closed     int             // connections closed because they could not be reached
	Latencies  []time.Duration // from an entry's creation to the end of its push, per entry
}

// tally adds up Pushed from many goroutines.
type tally struct {
	mu  sync.Mutex
	sum Pushed
}

func (t *tally) add(p Pushed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Posts += p.Posts
	t.sum.Deliveries += p.Deliveries
	t.sum.Gone += p.Gone
	t.sum.Closed += p.Closed
}

func (t *tally) pushed(entries []chat.Entry, now time.Time) Pushed {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := t.sum
	for _, e := range entries {
		sum.Latencies = append(sum.Latencies, now.Sub(e.CreatedAt))
	}
	return sum
}
