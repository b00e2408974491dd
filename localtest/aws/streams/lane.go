package streams

import (
	"context"
	"sync"
	"time"
)

// item is a record on its way to the function.
type item struct {
	number  string // sequence number as the function sees it
	event   []byte
	arrived time.Time // when it was written, as far as the engine says
	ticket  int       // in the shard's ledger
}

// limits says how much goes into one batch.
type limits struct {
	records int
	bytes   int // of the event as JSON
	window  time.Duration
}

// lane gathers records that are delivered one batch after the other.
type lane struct {
	limits limits
	wake   chan struct{} // holds a token when something has changed

	mu     sync.Mutex
	queue  []item
	closed bool
}

func newLane(l limits) *lane { return &lane{limits: l, wake: make(chan struct{}, 1)} }

// add puts records at the lane's end.
func (l *lane) add(items []item) {
	l.mu.Lock()
	l.queue = append(l.queue, items...)
	l.mu.Unlock()
	signal(l.wake)
}

// close says that no more records will come.
func (l *lane) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	signal(l.wake)
}

// next waits for the next batch and takes it off the lane. lastEnd is when the last one was done with: windows are
// counted from there. It returns nil when the lane is closed and empty, or ctx is over.
func (l *lane) next(ctx context.Context, lastEnd time.Time) []item {
	for ctx.Err() == nil {
		batch, gathered, ended := l.take(l.windowOver(lastEnd))
		if batch != nil || ended {
			return batch
		}
		var timer <-chan time.Time
		if gathered {
			timer = time.After(time.Until(l.windowEnd(lastEnd)))
		}
		select {
		case <-l.wake:
		case <-timer:
			lastEnd = time.Time{} // the window is over
		case <-ctx.Done():
		}
	}
	return nil
}

// take returns a batch if one is due. gathered says that there are records for which the window is not over yet.
func (l *lane) take(windowOver bool) (batch []item, gathered, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, full := l.limits.fit(l.queue)
	if n == 0 {
		return nil, false, l.closed
	}
	if !full && !windowOver && !l.closed {
		return nil, true, false
	}
	batch, l.queue = l.queue[:n:n], l.queue[n:]
	return batch, false, false
}

// windowOver is true without a window, and after next has waited for its end.
func (l *lane) windowOver(lastEnd time.Time) bool { return l.limits.window == 0 || lastEnd.IsZero() }

// windowEnd is the end of the window that is open now. One follows the other from lastEnd on.
func (l *lane) windowEnd(lastEnd time.Time) time.Time {
	past := int64(time.Since(lastEnd) / l.limits.window)
	return lastEnd.Add(time.Duration(past+1) * l.limits.window)
}

// fit returns how many of the records go into one batch, and reports whether no more would.
func (l limits) fit(queue []item) (n int, full bool) {
	bytes := len(eventHead) + len(eventTail)
	for n < len(queue) {
		if n == l.records {
			return n, true
		}
		bytes += len(queue[n].event) + 1
		if n > 0 && bytes > l.bytes {
			return n, true
		}
		n++
	}
	return n, n == l.records
}

const eventHead, eventTail = `{"Records":[`, `]}`

// payload is the event for the function.
func payload(items []item) []byte {
	size := len(eventHead) + len(eventTail)
	for _, i := range items {
		size += len(i.event) + 1
	}
	b := append(make([]byte, 0, size), eventHead...)
	for n, i := range items {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(b, i.event...)
	}
	return append(b, eventTail...)
}
