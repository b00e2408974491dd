package gateway

import (
	"errors"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

var (
	// errGone is returned when the connection takes no more messages: it is closing, or its socket broke.
	errGone = errors.New("connection is gone")
	// errFull is returned when too much is waiting for a slow client; nothing of the frame was taken.
	errFull = errors.New("outgoing buffer is full")
)

// writeWait is how long a sender itself waits for a socket that is full before it leaves the rest to a goroutine.
const writeWait = 10 * time.Millisecond

// flushBytes is what a flusher hands to the socket at a time, so that room in the buffer comes back in steps.
const flushBytes = 64 << 10

// outbox is what is on its way to one client. Whoever sends also writes, if nobody else is writing; otherwise the frame
// waits in pending, which is bounded. So an idle connection costs neither a goroutine nor a buffer, a sender never
// waits longer than writeWait, and frames leave in the order in which they were taken.
type outbox struct {
	conn  net.Conn
	limit int // bytes of pending

	mu       sync.Mutex
	writer   writer
	pending  []byte    // taken; what a flusher is writing stays in front until it is written
	closed   bool      // the last frame was taken, or the socket broke
	deadline time.Time // for writes once closed
	drained  chan struct{}
}

// writer says who is writing to the socket. It changes hands only under outbox.mu.
type writer byte

const (
	nobody writer = iota
	sender
	flusher
)

// newOutbox returns an outbox that takes frames, but writes none before begin.
func newOutbox(conn net.Conn, limit int) *outbox {
	return &outbox{conn: conn, limit: limit, writer: sender, drained: make(chan struct{})}
}

// begin writes the reply to the handshake, and then what was taken meanwhile.
func (o *outbox) begin(reply []byte) {
	_ = o.conn.SetWriteDeadline(time.Now().Add(writeWait)) // a socket that has gone fails in Write
	n, err := o.conn.Write(reply)
	_ = o.wrote(reply[n:], err) // the outbox is closed then
}

// send takes whole frames (all of a message, so that messages do not mix). It returns errFull or errGone if it did not.
// nil means taken, not received.
func (o *outbox) send(frames []byte) error {
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		return errGone
	}
	if o.writer != nobody && len(o.pending)+len(frames) > o.limit {
		o.mu.Unlock()
		return errFull
	}
	return o.takeLocked(frames)
}

// finish takes the last frame, whatever the limit. What is not written by the deadline never will be.
func (o *outbox) finish(frame []byte, deadline time.Time) {
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		return
	}
	o.closed, o.deadline = true, deadline
	if o.writer == flusher {
		_ = o.conn.SetWriteDeadline(deadline) // a socket that has gone fails in Write
	}
	_ = o.takeLocked(frame) // nobody is left to tell
}

// abort closes the socket; what was not written is lost.
func (o *outbox) abort() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed, o.pending = true, nil
	o.conn.Close()
	o.settleLocked()
}

// takeLocked queues or writes frames. It unlocks o.mu.
func (o *outbox) takeLocked(frames []byte) error {
	if o.writer != nobody {
		o.pending = append(o.pending, frames...)
		o.mu.Unlock()
		return nil
	}
	o.writer = sender
	_ = o.conn.SetWriteDeadline(time.Now().Add(writeWait)) // likewise
	o.mu.Unlock()
	n, err := o.conn.Write(frames)
	return o.wrote(frames[n:], err)
}

// wrote ends a sender's own write; rest is what the socket did not take in time.
func (o *outbox) wrote(rest []byte, err error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		o.breakLocked()
		return errGone
	}
	if len(rest) > 0 {
		o.pending = slices.Concat(rest, o.pending)
	}
	if len(o.pending) == 0 {
		o.writer = nobody
		o.settleLocked()
		return nil
	}
	o.writer = flusher
	go o.flush()
	return nil
}

// flush writes until nothing is pending. Only closing bounds how long: a client may be slow for as long as it likes.
func (o *outbox) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.pending) > 0 {
		chunk := o.pending[:min(len(o.pending), flushBytes)]
		_ = o.conn.SetWriteDeadline(o.deadline) // likewise
		o.mu.Unlock()
		_, err := o.conn.Write(chunk)
		o.mu.Lock()
		if err != nil {
			o.breakLocked()
			return
		}
		if len(o.pending) > 0 { // abort may have emptied it
			o.pending = o.pending[len(chunk):]
		}
	}
	o.pending = nil // its memory goes with it
	o.writer = nobody
	o.settleLocked()
}

// breakLocked gives the socket up after a failed write, which the reader then notices.
func (o *outbox) breakLocked() {
	o.writer, o.pending, o.closed = nobody, nil, true
	o.conn.Close()
	o.settleLocked()
}

// settleLocked closes drained once nothing will be written any more.
func (o *outbox) settleLocked() {
	if !o.closed || o.writer != nobody {
		return
	}
	select {
	case <-o.drained:
	default:
		close(o.drained)
	}
}
