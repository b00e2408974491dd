package app

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/presence"
	"serverlesschat/internal/wire"
)

// tracker is what follows connections as they come and go.
func (p *Parts) tracker(store *dynamo.Store) *presence.Tracker {
	return presence.NewTracker(store, p.checks(), p.settings.seconds("PRESENCE_CHECK_SECONDS", 1, maxDelay), time.Now)
}

// checker is what looks whether users are there, and tells their peers.
func (p *Parts) checker(store *dynamo.Store) *presence.Checker {
	return presence.NewChecker(store, store, p.poster(),
		presence.NewAnnouncer(store, p.teller(), wire.Presence, presence.DefaultLimits()), p.checks(),
		presence.CheckerOptions{
			Pause: p.settings.seconds("PRESENCE_PAUSE_SECONDS", 0, maxDelay), Watch: p.settings.seconds("PRESENCE_WATCH_SECONDS", 1, maxDelay), Now: time.Now,
		})
}

// noticing has users checked whose connections a push finds gone.
type noticing struct {
	fanout.Subscriptions
	tracker *presence.Tracker
}

// RemoveSubscription implements [fanout.Subscriptions]. That the check cannot be sent is no error: the user is asked for
// later.
func (n noticing) RemoveSubscription(ctx context.Context, s chat.Subscription) error {
	_ = n.tracker.Lost(ctx, s.User)
	return n.Subscriptions.RemoveSubscription(ctx, s)
}
