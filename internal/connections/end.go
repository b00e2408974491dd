package connections

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
)

// Gateway reaches connections.
type Gateway interface {
	// Post sends a frame to a connection.
	Post(ctx context.Context, id chat.ConnectionID, frame []byte) error
	// Close ends a connection.
	Close(ctx context.Context, id chat.ConnectionID) error
}

// Frames encode what connections are told about themselves.
type Frames struct {
	Goodbye        func(chat.Goodbye) []byte
	Reauthenticate func(expires time.Time) []byte
}

// Ender tells clients that their connections end, and ends them.
type Ender struct {
	gateway  Gateway
	sessions Sessions
	frames   Frames
	now      func() time.Time
}

// NewEnder makes an Ender.
func NewEnder(gateway Gateway, sessions Sessions, frames Frames, now func() time.Time) *Ender {
	return &Ender{gateway: gateway, sessions: sessions, frames: frames, now: now}
}

// End says goodbye to a connection, and closes it. Who cannot be told is closed all the same.
//
// Errors: what closing returns.
func (e *Ender) End(ctx context.Context, id chat.ConnectionID, g chat.Goodbye) error {
	_ = e.gateway.Post(ctx, id, e.frames.Goodbye(g))
	return chat.Wrap("close connection", e.gateway.Close(ctx, id))
}

// Remind asks the client of a connection for a fresh token, if nobody else has. That it fails is no error: what the
// connection asks for or gets next brings it again.
func (e *Ender) Remind(ctx context.Context, c chat.Connection) {
	is := c
	is.Reminded = true
	if reminds, err := e.sessions.Renew(ctx, c, is); err != nil || !reminds {
		return
	}
	_ = e.gateway.Post(ctx, c.ID, e.frames.Reauthenticate(c.TokenExpiresAt))
}
