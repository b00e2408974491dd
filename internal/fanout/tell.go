package fanout

import (
	"context"
	"errors"
	"time"

	"serverlesschat/internal/chat"
)

// Teller tells connections, whose ids are known, something that is not of a log. What it tells can also be asked for, so
// nothing rests on its being heard.
type Teller struct {
	poster  Poster
	observe func(context.Context, Pushed)
}

// NewTeller makes a Teller. observe is told how many posts it has made.
func NewTeller(poster Poster, observe func(context.Context, Pushed)) *Teller {
	return &Teller{poster: poster, observe: observe}
}

const (
	// tellTries is how often one connection is tried.
	tellTries = 3
	// tellTime bounds all tries for all connections.
	tellTime = time.Second
	// firstTellWait is how long after the first try comes the second; it doubles.
	firstTellWait = 100 * time.Millisecond
	// tellAtOnce is how many connections are told side by side.
	tellAtOnce = 16
)

// Tell posts a frame to each of the connections that can be reached within a second.
func (t *Teller) Tell(ctx context.Context, ids []chat.ConnectionID, frame []byte) {
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	outcomes, _ := chat.Map(ctx, ids, tellAtOnce, func(ctx context.Context, id chat.ConnectionID) (Pushed, error) {
		return t.tell(ctx, id, frame), nil
	})
	var all Pushed
	for _, p := range outcomes {
		all.Posts, all.Gone, all.Failed = all.Posts+p.Posts, all.Gone+p.Gone, all.Failed+p.Failed
	}
	t.observe(context.WithoutCancel(ctx), all)
}

func (t *Teller) tell(ctx context.Context, id chat.ConnectionID, frame []byte) (p Pushed) {
	wait := firstTellWait
	for range tellTries {
		p.Posts++
		err := t.poster.Post(ctx, id, frame)
		switch {
		case err == nil:
			return p
		case errors.Is(err, ErrGone):
			p.Gone++
			return p
		case errors.Is(err, ErrForbidden) || chat.Sleep(ctx, wait) != nil:
			p.Failed++
			return p
		}
		wait *= 2
	}
	p.Failed++
	return p
}
