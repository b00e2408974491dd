package main

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

// terminal passes on what is printed to a terminal or a pipe, and never waits for it: it may be paused by Ctrl-S, or
// have a reader that reads no more. What does not fit into the buffer meanwhile is dropped and counted, and the count
// is printed when it goes on.
type terminal struct {
	out    io.Writer
	broken func(error)   // is told that out could not be written
	wake   chan struct{} // has a token when there is something to write, or the end has come
	done   chan struct{} // closed when all is written

	mu      sync.Mutex
	waiting []byte
	dropped int // lines
	closed  bool
}

// terminalBuffer is how much may wait, in bytes: some thousands of lines.
const terminalBuffer = 256 << 10

func newTerminal(out io.Writer, broken func(error)) *terminal {
	t := &terminal{out: out, broken: broken, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go t.run()
	return t
}

// Write implements io.Writer. It never waits, and never fails.
func (t *terminal) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || t.dropped > 0 || len(t.waiting)+len(b) > terminalBuffer {
		t.dropped += bytes.Count(b, []byte("\n"))
	} else {
		t.waiting = append(t.waiting, b...)
	}
	t.signal()
	return len(b), nil
}

func (t *terminal) signal() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (t *terminal) run() {
	defer close(t.done)
	for range t.wake {
		text, ended := t.take()
		if len(text) > 0 {
			if n, err := t.out.Write(text); err != nil {
				t.putBack(text[n:])
				t.broken(err)
			}
		}
		if ended {
			return
		}
	}
}

// putBack keeps what could not be written for the next try.
func (t *terminal) putBack(text []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(text)+len(t.waiting) > terminalBuffer {
		t.dropped += bytes.Count(text, []byte("\n"))
		return
	}
	t.waiting = append(text, t.waiting...)
}

// take empties the buffer.
func (t *terminal) take() (text []byte, ended bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text = t.waiting
	if t.dropped > 0 {
		text = fmt.Appendf(text, "(%d lines were dropped here: they could not be printed)\n", t.dropped)
	}
	t.waiting, t.dropped = nil, 0
	return text, t.closed
}

// close writes what waits, but waits for a paused terminal no longer than limit. Nothing is taken after it.
func (t *terminal) close(limit time.Duration) {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.signal()
	select {
	case <-t.done:
	case <-time.After(limit):
	}
}
