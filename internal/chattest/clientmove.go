package chattest

import (
	"context"
	"errors"
	"time"
)

var errMoves = errors.New("it is time to move")

// move opens the next connection, joins there after what is shown, and then closes the first one: so nobody sees a gap.
// It returns the connection that the client has then. While the next one cannot be opened, the first one goes on, and
// the move is tried again after a moment.
func (c *Client) move(ctx context.Context, first *recorded) *recorded {
	next, err := c.open(ctx)
	if err == nil {
		if err = c.joinUntil(ctx, next); err != nil {
			next.Drop()
		}
	}
	if err != nil {
		first.moves = c.afterMoment(first)
		return first
	}
	c.moved(first)
	first.Drop()
	return next
}

// afterMoment is closed after a moment, unless the connection has ended by then.
func (c *Client) afterMoment(conn *recorded) <-chan struct{} {
	again := make(chan struct{})
	go func() {
		defer close(again)
		select {
		case <-time.After(c.opts.Moment):
		case <-conn.Done():
		}
	}()
	return again
}

// moved counts a move.
func (c *Client) moved(from *recorded) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moves++
	select {
	case <-from.Done(): // it was lost before the client had moved
		c.cuts++
	default:
	}
}

// Moves returns how often the client has moved to a next connection, and how often the first one was lost before that.
func (c *Client) Moves() (moves, cut int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.moves, c.cuts
}
