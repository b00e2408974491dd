package fake

import (
	"context"
	"sync"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
)

// Gateway is a management API without a network. It counts, and refuses, hangs and loses connections on command. It is
// safe for concurrent use. Its time may be simulated.
type Gateway struct {
	*Recorder // nil: no call is written down

	mu      sync.Mutex
	open    map[chat.ConnectionID]*socket
	counts  GatewayCounts
	calls   int // under way
	mode    GatewayMode
	latency time.Duration
	bucket  *tokenBucket // nil: as many calls as come
}

// GatewayCounts are what a Gateway has seen.
type GatewayCounts struct {
	Posts    int // that were delivered
	Bytes    int // of those
	Gone     int // posts to connections that are not there
	Refused  int // calls that failed in another way
	Closed   int
	Peak     int // the most calls side by side
	Overlaps int // posts to a connection while another one was under way
}

type socket struct {
	receive func(frame []byte)
	ended   func()
	posts   int // to refuse; below 0 for ever
	closes  int
	hangs   bool
	busy    int // posts under way
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

// Refuse makes the next posts to a connection, and the next attempts to close it, fail with 429; a number below 0 is for
// ever. So a connection behaves whose buffer is full, since its client does not read.
func (g *Gateway) Refuse(id chat.ConnectionID, posts, closes int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := g.open[id]; s != nil {
		s.posts, s.closes = posts, closes
	}
}

// Hang makes all posts to a connection hang until their time is over.
func (g *Gateway) Hang(id chat.ConnectionID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := g.open[id]; s != nil {
		s.hangs = true
	}
}

// Counts returns what was seen so far.
func (g *Gateway) Counts() GatewayCounts {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.counts
}

// Post implements [fanout.Poster].
func (g *Gateway) Post(ctx context.Context, id chat.ConnectionID, frame []byte) error {
	if err := g.Call("post %s to %s", frame, id); err != nil {
		return err
	}
	hangs, free := g.occupy(id)
	defer free()
	if err := g.serve(ctx, hangs); err != nil {
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
		return fanout.ErrThrottled
	}
	g.counts.Posts++
	g.counts.Bytes += len(frame)
	s.receive(frame)
	return nil
}

// occupy notes a post that is under way, until free is called. It returns whether posts to the connection hang.
func (g *Gateway) occupy(id chat.ConnectionID) (hangs bool, free func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.open[id]
	if s == nil {
		return false, func() {}
	}
	if s.busy++; s.busy > 1 {
		g.counts.Overlaps++
	}
	return s.hangs, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		s.busy--
	}
}

// Get implements [fanout.Poster].
func (g *Gateway) Get(ctx context.Context, id chat.ConnectionID) error {
	if err := g.Call("get %s", id); err != nil {
		return err
	}
	if err := g.serve(ctx, false); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[id] == nil {
		return fanout.ErrGone
	}
	return nil
}

// Close implements [fanout.Poster].
func (g *Gateway) Close(ctx context.Context, id chat.ConnectionID) error {
	if err := g.Call("close %s", id); err != nil {
		return err
	}
	if err := g.serve(ctx, false); err != nil {
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
		return fanout.ErrThrottled
	}
	delete(g.open, id)
	g.counts.Closed++
	s.ended()
	return nil
}
