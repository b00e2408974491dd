// Package connections keeps which connections are open, whose they are, and until when: who may ask for something over
// them, and how often.
package connections

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/ratelimit"
)

// Store keeps the open connections.
type Store interface {
	// PutConnection stores a connection, unless its user has limit of them.
	//
	// Errors: ErrFull; ErrRevoked when the session of its token was ended.
	PutConnection(ctx context.Context, c chat.Connection, limit int) error
	// Connection reads one, consistently; nil when there is none. What is in it of its token is what it began with.
	Connection(ctx context.Context, id chat.ConnectionID) (*chat.Connection, error)
	// RemoveConnection removes what is left of one that has ended: from those of its user, empty when that is not known any
	// more, and all its subscriptions, also those of joins that are under way.
	RemoveConnection(ctx context.Context, user chat.UserID, id chat.ConnectionID) error
}

// Sessions keeps, per user, which connections are open with which token, and how much is asked for. Every call is
// linearizable per user. Errors of all but Renew: ErrClosed, ErrExpired, ErrRevoked.
type Sessions interface {
	// Act counts what a connection asks for against its user's rate. It returns the connection as it is. More than the
	// rate: CodeRateLimited.
	Act(ctx context.Context, c chat.Connection, r ratelimit.Rate) (chat.Connection, error)
	// ActFor is Act for a request over HTTP, with a token of a session.
	ActFor(ctx context.Context, user chat.UserID, session chat.SessionID, r ratelimit.Rate) error
	// Look returns the connection as it is.
	Look(ctx context.Context, c chat.Connection) (chat.Connection, error)
	// Renew stores "is" if the connection is still as in "was". It reports whether it did. Error: ErrRevoked when the
	// session of "is" was ended.
	Renew(ctx context.Context, was, is chat.Connection) (bool, error)
}

var (
	// ErrClosed is returned to a client whose connection is being taken down while its frame is on the way.
	ErrClosed = chat.Errorf(chat.CodeUnauthorized, "this connection is closed")
	// ErrFull is returned when a user has as many connections as one may have.
	ErrFull = chat.Errorf(chat.CodeRateLimited, "too many connections of this user are open")

	// ErrExpired is returned when the token of a connection has ended.
	ErrExpired = &Ended{chat.Goodbye{Code: chat.GoodbyeExpired, Reconnect: true}}
	// ErrRevoked is returned when the session of a token was ended before the token has.
	ErrRevoked = &Ended{chat.Goodbye{Code: chat.GoodbyeRevoked}}
)

// Ended is why a connection may ask for nothing any more. Its client is told so, and it is closed.
type Ended struct{ Goodbye chat.Goodbye }

// Error implements error.
func (e *Ended) Error() string { return "the connection has ended: " + string(e.Goodbye.Code) }

// Unwrap returns what a request over HTTP is refused with.
func (e *Ended) Unwrap() error {
	return chat.Errorf(chat.CodeUnauthorized, "the token is not valid any more")
}
