package fanout

import (
	"context"
	"errors"

	"serverlesschat/internal/chat"
)

var (
	// ErrGone is returned by a Poster when the connection does not exist any more.
	ErrGone = errors.New("connection is gone")
	// ErrForbidden is returned by a Poster when the gateway refuses the chat itself (403, 400): a right, an address or a
	// request is wrong. No connection may be given up for it.
	ErrForbidden = errors.New("not allowed to reach connections")
	// ErrThrottled is returned by a Poster when the gateway takes no more now (429): the account's rate is used up, or the
	// connection's client reads too slowly. The gateway does not say which.
	ErrThrottled = errors.New("the gateway takes no more posts now")
)

// Poster reaches open connections. Each call is made once, without trying again.
type Poster interface {
	// Post sends one frame to the connection. Its error is ErrGone when there is no such connection, ErrForbidden when
	// the gateway refuses the chat itself, ErrThrottled when it takes no more now; else any other.
	Post(ctx context.Context, id chat.ConnectionID, frame []byte) error
	// Get returns nil when the gateway knows the connection; else errors as Post.
	Get(ctx context.Context, id chat.ConnectionID) error
	// Close ends the connection. Errors as Post.
	Close(ctx context.Context, id chat.ConnectionID) error
}
