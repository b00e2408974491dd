package chatclient

import (
	"context"
	"time"
)

// Moves is closed when it is time to open the next connection: in the slot of the first goodbye that asks for it, or by
// reconnect_at, once that is asked for. This connection goes on until it is dropped.
func (c *Client) Moves() <-chan struct{} { return c.moves }

// AskReconnectAt asks the server until when the next connection should be open. Moves is closed before that, early by
// ahead. It goes by the server's clock alone. The errors are those of Do.
func (c *Client) AskReconnectAt(ctx context.Context, ahead time.Duration) error {
	pong, err := c.Do(ctx, "ping", nil)
	if err != nil {
		return err
	}
	c.moveIn(pong.ReconnectAt.Sub(pong.ServerTime) - ahead)
	return nil
}

// moveIn closes moves after a while, unless the connection ends before.
func (c *Client) moveIn(d time.Duration) {
	go func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			c.move.Do(func() { close(c.moves) })
		case <-c.done:
		}
	}()
}
