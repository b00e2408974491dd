package chattest

import (
	"context"
	"errors"
	"time"

	"serverlesschat/internal/chat"
)

// Send sends a message, as [Client.Append] does.
func (c *Client) Send(ctx context.Context, id chat.ClientMessageID, content string) (chat.Entry, error) {
	return c.Append(ctx, chat.NewEntry{Kind: chat.KindMessage, ClientMessageID: id, Content: content})
}

// Append sends an entry to the client's room, and repeats it with the same client_message_id until there is an answer. It
// returns the entry as acknowledged, or the refusal, or ctx's error when ctx ends before. Room and user are the client's.
func (c *Client) Append(ctx context.Context, e chat.NewEntry) (chat.Entry, error) {
	e.Room, e.User = c.opts.Room, c.opts.User
	for {
		conn, err := c.connected(ctx)
		if err != nil {
			return chat.Entry{}, err
		}
		sent := c.opts.Record.Sending(e)
		stored, err := conn.Append(ctx, e)
		if err == nil {
			sent.Acked(stored)
			return stored, nil
		}
		if refused, ok := errors.AsType[*chat.Error](err); ok && !retryable(refused.Code) {
			sent.Refused(refused.Code)
			return chat.Entry{}, err
		}
		pause(ctx, c.opts.Moment)
	}
}

// Drop loses the connection that there is now, if there is one.
func (c *Client) Drop() {
	if conn, _, _ := c.state(); conn != nil {
		conn.Drop()
	}
}

// AwaitShown waits until everything up to the id is shown.
func (c *Client) AwaitShown(ctx context.Context, id chat.EntryID) error {
	for {
		_, shown, changed := c.state()
		if shown >= id {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// connected waits until there is a connection that has joined, and returns it.
func (c *Client) connected(ctx context.Context) (Conn, error) {
	for {
		conn, _, changed := c.state()
		if conn != nil {
			return conn, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// retryable reports whether the protocol says that a code may be tried again.
func retryable(code chat.Code) bool {
	switch code {
	case chat.CodeRateLimited, chat.CodeUnavailable, chat.CodeInternal:
		return true
	}
	return false
}

func isChatError(err error) bool {
	_, ok := errors.AsType[*chat.Error](err)
	return ok
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
