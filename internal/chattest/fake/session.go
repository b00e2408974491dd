package fake

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/ratelimit"
)

var (
	_ connections.Store    = (*Store)(nil)
	_ connections.Sessions = (*Store)(nil)
	_ connections.Rows     = (*Store)(nil)
	_ connections.Lookouts = (*Store)(nil)
	_ connections.Tickets  = (*Store)(nil)
)

func (s *Store) Act(_ context.Context, c chat.Connection, _ ratelimit.Rate) (chat.Connection, error) {
	return s.session(c, "act")
}

func (s *Store) Look(_ context.Context, c chat.Connection) (chat.Connection, error) {
	return s.session(c, "look")
}

func (s *Store) ActFor(context.Context, chat.UserID, chat.SessionID, ratelimit.Rate) error {
	if err := s.Call("act for"); err != nil {
		return err
	}
	return s.Refusal
}

// session returns the one connection, or Refusal.
func (s *Store) session(c chat.Connection, call string) (chat.Connection, error) {
	is, err := ask(s, func() *chat.Connection { return s.Open }, "%s", call)
	switch {
	case err != nil:
		return c, err
	case s.Refusal != nil:
		return c, s.Refusal
	case is == nil || is.ID != c.ID:
		return c, connections.ErrClosed
	}
	return *is, nil
}

func (s *Store) Renew(_ context.Context, was, is chat.Connection) (bool, error) {
	if s.Refusal != nil {
		return false, s.Refusal
	}
	return ask(s, func() bool {
		if s.Open == nil || *s.Open != was {
			return false
		}
		s.Open = &is
		return true
	}, "renew connection")
}

func (s *Store) UpdateConnection(_ context.Context, c chat.Connection) error {
	return s.Call("update connection %s", c.ID)
}

func (s *Store) Postpone(_ context.Context, sub chat.Subscription) error {
	return s.Call("postpone %s", sub.Connection)
}

func (s *Store) PutTicket(_ context.Context, t connections.Ticket) error {
	return act(s, func() { s.Ticket = &t }, "put ticket")
}

// Redeem takes the one ticket, any number of times.
func (s *Store) Redeem(_ context.Context, hash string, _ chat.ConnectionID, origin string) (*chat.Identity, error) {
	return ask(s, func() *chat.Identity {
		if s.Ticket == nil || s.Ticket.Hash != hash || s.Ticket.Origin != origin {
			return nil
		}
		return &s.Ticket.Of
	}, "redeem")
}

// IsGone reports whether the connection is the one that there is no more.
func (s *Store) IsGone(_ context.Context, id chat.ConnectionID) bool {
	_ = s.Call("is gone %s", id)
	return s.Open == nil || s.Open.ID != id
}

// NewGate makes a Gate over a store, where it is always noon.
func NewGate(s *Store) *connections.Gate {
	return connections.NewGate(s, s, connections.GateOptions{
		Rate: ratelimit.Rate{PerSecond: 10, Burst: 20}, Now: Noon,
		Remind: func(_ context.Context, c chat.Connection) { _ = s.Call("remind %s", c.ID) },
	})
}

// NewEnder makes an Ender for the connections of a gateway.
func NewEnder(s *Store, g connections.Gateway) *connections.Ender {
	return connections.NewEnder(g, s, connections.Frames{
		Goodbye:        func(g chat.Goodbye) []byte { return []byte("goodbye " + g.Code) },
		Reauthenticate: func(time.Time) []byte { return []byte("reauthenticate") },
	}, Noon)
}
