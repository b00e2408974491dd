package apigw

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
)

// door is where one request comes in. Each is let in once.
type door struct {
	counted   func(context.Context) (chat.Connection, error) // counts against the user's rate
	uncounted func(context.Context) (chat.Connection, error) // does not
	known     chat.Connection                                // who comes, as known before it is let in
	isBeside  bool                                           // the call waits itself until its caller is let in
}

// frameDoor is the door for a frame of a connection.
func frameDoor(gate *connections.Gate, c chat.Connection) door {
	return door{
		known:     c,
		counted:   func(ctx context.Context) (chat.Connection, error) { return gate.Admit(ctx, c) },
		uncounted: func(ctx context.Context) (chat.Connection, error) { return gate.Pass(ctx, c) },
	}
}

// requestDoor is the door for a request over HTTP, which has no connection.
func requestDoor(gate *connections.Gate, who chat.Identity) door {
	c := chat.Connection{User: who.User, Session: who.Session, TokenExpiresAt: who.ExpiresAt}
	admit := func(ctx context.Context) (chat.Connection, error) { return c, gate.AdmitRequest(ctx, who) }
	return door{known: c, counted: admit, uncounted: admit}
}

// enter lets the caller in, and counts that unless it is free.
func (d door) enter(ctx context.Context, free bool) (chat.Caller, error) {
	admit := d.counted
	switch {
	case free:
		admit = d.uncounted
	case d.isBeside:
		return d.enterBeside(ctx), nil
	}
	c, err := admit(ctx)
	return chat.Caller{Connection: c}, err
}

// enterBeside is enter for a call that waits itself until its caller is let in.
func (d door) enterBeside(ctx context.Context) chat.Caller {
	done := make(chan struct{})
	var refused error
	go func() {
		defer close(done)
		_, refused = d.counted(ctx)
	}()
	return chat.Caller{Connection: d.known, Admitted: func() error {
		<-done
		return refused
	}}
}

// turnAway counts what cannot be done for the reason err, and returns what the caller is told: err, or why it may not
// ask.
func (d door) turnAway(ctx context.Context, err error) error {
	if _, refused := d.counted(ctx); refused != nil {
		return refused
	}
	return err
}
