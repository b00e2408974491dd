package connections

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
)

// Ends keeps which sessions were ended before their tokens have.
type Ends interface {
	// EndSession notes that a session has ended, until the last of its tokens has. It returns the user's connections.
	EndSession(ctx context.Context, user chat.UserID, session chat.SessionID, until time.Time) ([]chat.Connection, error)
	// DropSubscriptions removes all subscriptions of a connection.
	DropSubscriptions(ctx context.Context, id chat.ConnectionID) error
}

// Revoker ends sessions.
type Revoker struct {
	ends  Ends
	ender *Ender
}

// NewRevoker makes a Revoker.
func NewRevoker(ends Ends, ender *Ender) *Revoker { return &Revoker{ends: ends, ender: ender} }

// closesAtOnce is how many connections are closed side by side.
const closesAtOnce = 20

// Revoke ends a session of a user: nobody may act with a token of it, and its connections are told and closed. until is
// when the last of its tokens ends. It may be called again.
//
// Errors: what the store returns, wrapped: then the session may not have ended, or something may still reach its
// connections.
func (r *Revoker) Revoke(ctx context.Context, user chat.UserID, session chat.SessionID, until time.Time) error {
	open, err := r.ends.EndSession(ctx, user, session, until)
	if err != nil {
		return chat.Wrap("end session", err)
	}
	return chat.ForEach(ctx, open, closesAtOnce, func(ctx context.Context, c chat.Connection) error {
		if c.Session != session {
			return nil
		}
		if r.ender.End(ctx, c.ID, ErrRevoked.Goodbye) == nil {
			return nil
		}
		// The gateway does not answer, or the connection is gone. What reaches it goes by its subscriptions.
		return chat.Wrap("drop subscriptions", r.ends.DropSubscriptions(ctx, c.ID))
	})
}
