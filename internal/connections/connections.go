// Package connections keeps which connections are open, and whose they are.
package connections

import (
	"context"

	"serverlesschat/internal/chat"
)

// Store keeps the open connections.
type Store interface {
	// PutConnection stores a connection. Its error is ErrErased for one of a user who was erased; then nothing is stored.
	PutConnection(ctx context.Context, c chat.Connection) error
	// Connection reads one, consistently; nil when there is none.
	Connection(ctx context.Context, id chat.ConnectionID) (*chat.Connection, error)
	// RemoveConnection removes what is left of one that has ended: from those of its user, empty when that is not known any
	// more, and all its subscriptions, also those of joins that are under way.
	RemoveConnection(ctx context.Context, user chat.UserID, id chat.ConnectionID) error
}

// ErrClosed is returned to a client whose connection is being taken down while its frame is on the way.
var ErrClosed = chat.Errorf(chat.CodeUnauthorized, "this connection is closed")

// ErrErased is returned by a Store for a connection of a user who was erased, or is being erased.
var ErrErased = chat.Errorf(chat.CodeUnauthorized, "this account was erased")

// Caller returns the caller behind a connection.
//
// Errors: CodeUnauthorized when there is no such connection; what the store returns, wrapped.
func Caller(ctx context.Context, store Store, id chat.ConnectionID) (chat.Caller, error) {
	c, err := store.Connection(ctx, id)
	if err != nil {
		return chat.Caller{}, chat.Wrap("read connection", err)
	}
	if c == nil {
		return chat.Caller{}, ErrClosed
	}
	return chat.Caller{Connection: *c}, nil
}
