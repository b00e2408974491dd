package connections

import (
	"context"
	"errors"
	"slices"
	"time"

	"serverlesschat/internal/chat"
)

// Lookouts keeps until when subscriptions need not be looked at for their tokens.
type Lookouts interface {
	// Postpone stores the LookAt of a subscription that is there.
	Postpone(ctx context.Context, s chat.Subscription) error
}

// Warden looks at the connections that are to get something: nothing reaches one whose token has ended. A subscription
// says until when its token holds at least, so that hardly any push has to look.
type Warden struct {
	sessions Sessions
	lookouts Lookouts
	ender    *Ender
	now      func() time.Time
}

// NewWarden makes a Warden.
func NewWarden(sessions Sessions, lookouts Lookouts, ender *Ender, now func() time.Time) *Warden {
	return &Warden{sessions: sessions, lookouts: lookouts, ender: ender, now: now}
}

// looksAtOnce is how many connections are looked at side by side.
const looksAtOnce = 16

// Those returns the subscriptions whose connections may get something now, in their order. To the others it says goodbye.
//
// Errors: what the store returns, wrapped.
func (w *Warden) Those(ctx context.Context, subscriptions []chat.Subscription) ([]chat.Subscription, error) {
	now := w.now()
	var due []int
	for i, s := range subscriptions {
		if !s.LookAt.IsZero() && !now.Before(s.LookAt) && !s.Closing {
			due = append(due, i)
		}
	}
	if len(due) == 0 {
		return subscriptions, nil
	}
	may, err := chat.Map(ctx, due, looksAtOnce, func(ctx context.Context, i int) (bool, error) {
		return w.look(ctx, subscriptions[i])
	})
	if err != nil {
		return nil, chat.Wrap("look at sessions", err)
	}
	those := make([]chat.Subscription, 0, len(subscriptions))
	for i, s := range subscriptions {
		if at := slices.Index(due, i); at < 0 || may[at] {
			those = append(those, s)
		}
	}
	return those, nil
}

// look reports whether the connection of a subscription may get something now.
func (w *Warden) look(ctx context.Context, s chat.Subscription) (bool, error) {
	c, err := w.sessions.Look(ctx, chat.Connection{ID: s.Connection, User: s.User, ConnectedAt: chat.ConnectedBy(s.ExpiresAt)})
	if ended, ok := errors.AsType[*Ended](err); ok {
		_ = w.ender.End(ctx, s.Connection, ended.Goodbye) // the next push tries again
		return false, nil
	}
	switch {
	case errors.Is(err, ErrClosed):
		return false, nil
	case err != nil:
		return false, err
	case c.IsDue(w.now()):
		w.ender.Remind(ctx, c)
		c.Reminded = true
	}
	s.LookAt = c.LookAt()
	return true, w.lookouts.Postpone(ctx, s)
}
