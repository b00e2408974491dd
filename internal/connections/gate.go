package connections

import (
	"context"
	"sync"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/ratelimit"
)

// GateOptions are the settings of a Gate.
type GateOptions struct {
	Rate ratelimit.Rate // of each user
	Now  func() time.Time
	// Remind asks the client of a connection for a fresh token.
	Remind func(context.Context, chat.Connection)
}

// Gate lets in what users ask for, as long as they may and not more often. It is safe for concurrent use.
//
// It keeps whose connections are, which does not change, so that in the ordinary case one write lets a frame in. It keeps
// too who was refused until when, so that who does not wait costs nothing.
type Gate struct {
	store    Store
	sessions Sessions
	opts     GateOptions

	mu      sync.Mutex
	known   map[chat.ConnectionID]chat.Connection
	refused map[chat.UserID]time.Time
}

// maxKnown is how many connections, and how many refused users, a process keeps.
const maxKnown = 10_000

// NewGate makes a Gate.
func NewGate(store Store, sessions Sessions, opts GateOptions) *Gate {
	return &Gate{
		store: store, sessions: sessions, opts: opts,
		known: map[chat.ConnectionID]chat.Connection{}, refused: map[chat.UserID]time.Time{},
	}
}

// Connection returns a connection, as it was when this process saw it last.
//
// Errors: ErrClosed when there is none; what the store returns, wrapped.
func (g *Gate) Connection(ctx context.Context, id chat.ConnectionID) (chat.Connection, error) {
	g.mu.Lock()
	c, ok := g.known[id]
	g.mu.Unlock()
	if ok {
		return c, nil
	}
	found, err := g.store.Connection(ctx, id)
	if err != nil {
		return chat.Connection{}, chat.Wrap("read connection", err)
	}
	if found == nil {
		return chat.Connection{}, ErrClosed
	}
	g.remember(*found)
	return *found, nil
}

// Admit lets in something that is counted. It returns the connection as it is.
//
// Errors: as [Sessions]; CodeRateLimited; what the store returns, wrapped.
func (g *Gate) Admit(ctx context.Context, c chat.Connection) (chat.Connection, error) {
	if err := g.refusal(c.User); err != nil {
		return c, err
	}
	is, err := g.sessions.Act(ctx, c, g.opts.Rate)
	return is, g.settle(ctx, is, err)
}

// Pass lets in something that is not counted. It returns the connection as it is.
//
// Errors: as [Sessions]; what the store returns, wrapped.
func (g *Gate) Pass(ctx context.Context, c chat.Connection) (chat.Connection, error) {
	is, err := g.sessions.Look(ctx, c)
	return is, g.settle(ctx, is, err)
}

// settle keeps what is known of a connection now.
func (g *Gate) settle(ctx context.Context, c chat.Connection, err error) error {
	switch {
	case chat.CodeOf(err) == chat.CodeRateLimited:
		g.refuse(c.User, err)
	case err != nil:
		g.forget(c.ID)
	default:
		g.remember(c)
		if c.IsDue(g.opts.Now()) {
			g.opts.Remind(ctx, c)
		}
	}
	return chat.Wrap("session", err)
}

// AdmitRequest lets in a request over HTTP. Errors as Admit.
func (g *Gate) AdmitRequest(ctx context.Context, who chat.Identity) error {
	if err := g.refusal(who.User); err != nil {
		return err
	}
	err := g.sessions.ActFor(ctx, who.User, who.Session, g.opts.Rate)
	if chat.CodeOf(err) == chat.CodeRateLimited {
		g.refuse(who.User, err)
	}
	return chat.Wrap("session", err)
}

func (g *Gate) remember(c chat.Connection) {
	g.mu.Lock()
	defer g.mu.Unlock()
	makeRoom(g.known)
	g.known[c.ID] = c
}

func (g *Gate) forget(id chat.ConnectionID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.known, id)
}

// refusal returns why a user is refused without another look; nil when the user has to be looked at.
func (g *Gate) refusal(user chat.UserID) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if wait := g.refused[user].Sub(g.opts.Now()); wait > 0 {
		return chat.RateLimited(wait)
	}
	delete(g.refused, user)
	return nil
}

func (g *Gate) refuse(user chat.UserID, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	makeRoom(g.refused)
	g.refused[user] = g.opts.Now().Add(chat.RetryAfter(err))
}

// makeRoom takes any one out of a map that is full: which one hardly matters, since it is found again.
func makeRoom[K comparable, V any](m map[K]V) {
	if len(m) < maxKnown {
		return
	}
	for k := range m {
		delete(m, k)
		return
	}
}
