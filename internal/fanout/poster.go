package fanout

import (
	"context"
	"errors"

	"serverlesschat/internal/chat"
)

var (
	// ErrGone is returned by a Poster when the connection does not exist any more.
	ErrGone = errors.New("connection is gone")
	// ErrForbidden is returned by a Poster when the gateway refuses the chat itself: a right or an address is wrong. No
	// connection may be given up for it.
	ErrForbidden = errors.New("not allowed to reach connections")
)

// Poster reaches open connections.
type Poster interface {
	// Post sends one frame to the connection, once, without trying again. Its error is ErrGone when there is no such
	// connection, ErrForbidden when the gateway refuses the chat itself.
	Post(ctx context.Context, id chat.ConnectionID, frame []byte) error
	// Close ends the connection. Its error is ErrGone when there is none.
	Close(ctx context.Context, id chat.ConnectionID) error
}
