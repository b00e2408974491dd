package app

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/ratelimit"
	"serverlesschat/internal/wire"
)

const (
	// maxRate is above what one user can do over all connections.
	maxRate = 1_000_000
	// maxUserConnections is what a session item has room for: 45 bytes each, below 1 KB in the ordinary case.
	maxUserConnections = 100
)

// ender is what ends connections.
func (p *Parts) ender(store *dynamo.Store) *connections.Ender {
	return connections.NewEnder(p.poster(), store,
		connections.Frames{Goodbye: wire.Goodbye, Reauthenticate: wire.Reauthenticate}, time.Now)
}

// gate is what lets in what users ask for.
func (p *Parts) gate(store *dynamo.Store, remind func(context.Context, chat.Connection)) *connections.Gate {
	rate := ratelimit.Rate{PerSecond: p.settings.number("ACTION_RATE", "a whole number of actions a second", 1, maxRate)}
	rate.Burst = max(rate.PerSecond, p.settings.number("ACTION_BURST", "a whole number of actions", 1, maxRate))
	return connections.NewGate(store, store, connections.GateOptions{Rate: rate, Now: time.Now, Remind: remind})
}

// guard is what tells who requests over HTTP come from that may change something.
func (p *Parts) guard(store *dynamo.Store) apigw.Guard {
	return apigw.Guard{Tokens: p.tokens(), Gate: p.gate(store, nil)}
}

// opener is what lets connections in.
func (p *Parts) opener(store *dynamo.Store) *connections.Opener {
	var origins []string
	for origin := range strings.SplitSeq(p.settings.optional("ORIGINS"), ",") {
		if origin = strings.TrimSpace(origin); origin != "" {
			origins = append(origins, origin)
		}
	}
	return connections.NewOpener(p.tokens(), store, p.poster(), connections.OpenerOptions{
		Origins: origins, Now: time.Now,
		Limit: p.settings.number("CONNECTIONS_PER_USER", "a whole number of connections", 1, maxUserConnections),
	})
}

func (p *Parts) tickets(store *dynamo.Store) *connections.TicketOffice {
	return connections.NewTicketOffice(store, rand.Text, time.Now)
}

// watched is a store for those who push. It keeps from them the connections whose token has ended.
type watched struct {
	*dynamo.Store
	warden *connections.Warden
}

func (p *Parts) watched(store *dynamo.Store) watched {
	return watched{store, connections.NewWarden(store, store, p.ender(store), time.Now)}
}

// Subscribers implements [fanout.Subscriptions].
func (w watched) Subscribers(ctx context.Context, room chat.RoomID, from *fanout.Cursor, limit int) (fanout.Page, error) {
	page, err := w.Store.Subscribers(ctx, room, from, limit)
	if err == nil {
		page.Subscriptions, err = w.warden.Those(ctx, page.Subscriptions)
	}
	return page, err
}

// Current implements [fanout.Subscriptions].
func (w watched) Current(ctx context.Context, room chat.RoomID, subscriptions []chat.Subscription) ([]chat.Subscription, error) {
	current, err := w.Store.Current(ctx, room, subscriptions)
	if err != nil {
		return nil, err
	}
	return w.warden.Those(ctx, current)
}
