package fake

import (
	"context"
	"errors"
	"sync"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
)

// ErrThrottled is the answer of a Gateway that refuses: a 429, as the chat sees it.
var ErrThrottled = errors.New("429: limit exceeded")

// Gateway is a management API without a network. It counts, and refuses and loses connections on command. It is safe
// for concurrent use.
type Gateway struct {
	*Recorder // nil: no call is written down

	mu     sync.Mutex
	open   map[chat.ConnectionID]*socket
	counts GatewayCounts
}

// GatewayCounts are what a Gateway has seen.
type GatewayCounts struct {
	Posts   int // that were delivered
	Bytes   int // of those
	Gone    int // posts to connections that are not there
	Refused int // posts and closes
	Closed  int
}

type socket struct {
	receive func(frame []byte)
	ended   func()
	posts   int // to refuse; below 0 for ever
	closes  int
}

var _ fanout.Poster = (*Gateway)(nil)

// NewGateway makes a Gateway without connections.
func NewGateway() *Gateway { return &Gateway{open: map[chat.ConnectionID]*socket{}} }

// Open adds a connection. receive gets each frame that is posted to it, one at a time; ended is called when Close ends
// it. Neither may call the Gateway.
func (g *Gateway) Open(id chat.ConnectionID, receive func(frame []byte), ended func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open[id] = &socket{receive: receive, ended: ended}
}

// Lose ends a connection without telling it. It does nothing when there is none.
func (g *Gateway) Lose(id chat.ConnectionID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.open, id)
}

// Refuse makes the next posts to a connection, and the next attempts to close it, fail; a number below 0 is for ever.
func (g *Gateway) Refuse(id chat.ConnectionID, posts, closes int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := g.open[id]; s != nil {
		s.posts, s.closes = posts, closes
	}
}

// Counts returns what was seen so far.
func (g *Gateway) Counts() GatewayCounts {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.counts
}

// Post implements [fanout.Poster].
func (g *Gateway) Post(_ context.Context, id chat.ConnectionID, frame []byte) error {
	if err := g.Call("post %s to %s", frame, id); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.open[id]
	switch {
	case s == nil:
		g.counts.Gone++
		return fanout.ErrGone
	case s.posts != 0:
		s.posts--
		g.counts.Refused++
		return ErrThrottled
	}
	g.counts.Posts++
	g.counts.Bytes += len(frame)
	s.receive(frame)
	return nil
}

// Close implements [fanout.Poster].
func (g *Gateway) Close(_ context.Context, id chat.ConnectionID) error {
	if err := g.Call("close %s", id); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.open[id]
	switch {
	case s == nil:
		return fanout.ErrGone
	case s.closes != 0:
		s.closes--
		g.counts.Refused++
		return ErrThrottled
	}
	delete(g.open, id)
	g.counts.Closed++
	s.ended()
	return nil
}
