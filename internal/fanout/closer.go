package fanout

import (
	"context"
	"errors"

	"serverlesschat/internal/chat"
)

// Closer ends connections whose ids are known.
type Closer struct {
	teller  *Teller
	poster  Poster
	goodbye []byte
}

// NewCloser makes a Closer. goodbye is the frame that each connection is told before.
func NewCloser(teller *Teller, poster Poster, goodbye []byte) *Closer {
	return &Closer{teller: teller, poster: poster, goodbye: goodbye}
}

// Close tells each of the connections goodbye, if it can be reached, and ends it. One that has ended is no error.
//
// Errors: those of the Poster, for connections that may still be open.
func (c *Closer) Close(ctx context.Context, ids []chat.ConnectionID) error {
	if len(ids) == 0 {
		return nil
	}
	c.teller.Tell(ctx, ids, c.goodbye)
	return chat.ForEach(ctx, ids, tellAtOnce, func(ctx context.Context, id chat.ConnectionID) error {
		if err := c.poster.Close(ctx, id); err != nil && !errors.Is(err, ErrGone) {
			return err
		}
		return nil
	})
}
