package chattest

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// The ports, each through the plan.

// Claim implements [roomlog.Claims].
func (a *Actor) Claim(ctx context.Context, d chat.NewEntry) (*roomlog.Claim, error) {
	return do(ctx, a, "Claim", false, func() (*roomlog.Claim, error) { return a.store.Claim(ctx, d) })
}

// Precheck implements [messages.Prechecks].
func (a *Actor) Precheck(ctx context.Context, d chat.NewEntry) (access rooms.Access, claim *roomlog.Claim, err error) {
	claim, err = do(ctx, a, "Precheck", false, func() (c *roomlog.Claim, err error) {
		access, c, err = a.store.Precheck(ctx, d)
		return c, err
	})
	return access, claim, err
}

// PutClaim implements [roomlog.Claims].
func (a *Actor) PutClaim(ctx context.Context, d chat.NewEntry, c roomlog.Claim) (*roomlog.Claim, error) {
	return do(ctx, a, "PutClaim", true, func() (*roomlog.Claim, error) { return a.store.PutClaim(ctx, d, c) })
}

// MoveClaim implements [roomlog.Claims].
func (a *Actor) MoveClaim(ctx context.Context, d chat.NewEntry, from, to chat.EntryID, until time.Time) (*roomlog.Claim, error) {
	return do(ctx, a, "MoveClaim", true, func() (*roomlog.Claim, error) { return a.store.MoveClaim(ctx, d, from, to, until) })
}

// RenewClaim implements [roomlog.Claims].
func (a *Actor) RenewClaim(ctx context.Context, d chat.NewEntry, c roomlog.Claim, until time.Time) (*roomlog.Claim, error) {
	return do(ctx, a, "RenewClaim", true, func() (*roomlog.Claim, error) { return a.store.RenewClaim(ctx, d, c, until) })
}

// Place implements [roomlog.Log].
func (a *Actor) Place(ctx context.Context, e chat.Entry) (*chat.Entry, error) {
	return do(ctx, a, "Place", true, func() (*chat.Entry, error) { return a.store.Place(ctx, e) })
}

// EntriesAfter implements [roomlog.Log].
func (a *Actor) EntriesAfter(ctx context.Context, room chat.RoomID, after chat.EntryID, limit int) ([]chat.Entry, error) {
	return do(ctx, a, "EntriesAfter", false, func() ([]chat.Entry, error) {
		return a.store.EntriesAfter(ctx, room, after, limit)
	})
}

// EntriesBefore implements [roomlog.Log].
func (a *Actor) EntriesBefore(ctx context.Context, room chat.RoomID, before chat.EntryID, limit int) ([]chat.Entry, error) {
	return do(ctx, a, "EntriesBefore", false, func() ([]chat.Entry, error) {
		return a.store.EntriesBefore(ctx, room, before, limit)
	})
}

// PutConnection implements [connections.Store].
func (a *Actor) PutConnection(ctx context.Context, c chat.Connection, limit int) error {
	return act(ctx, a, "PutConnection", true, func() error { return a.store.PutConnection(ctx, c, limit) })
}

// Connection implements [connections.Store].
func (a *Actor) Connection(ctx context.Context, id chat.ConnectionID) (*chat.Connection, error) {
	return do(ctx, a, "Connection", false, func() (*chat.Connection, error) { return a.store.Connection(ctx, id) })
}

// RemoveConnection implements [connections.Store].
func (a *Actor) RemoveConnection(ctx context.Context, user chat.UserID, id chat.ConnectionID) error {
	return act(ctx, a, "RemoveConnection", true, func() error { return a.store.RemoveConnection(ctx, user, id) })
}

// Subscribe implements [rooms.Subscriptions].
func (a *Actor) Subscribe(ctx context.Context, s chat.Subscription) error {
	return act(ctx, a, "Subscribe", true, func() error { return a.store.Subscribe(ctx, s) })
}

// Unsubscribe implements [rooms.Subscriptions].
func (a *Actor) Unsubscribe(ctx context.Context, id chat.ConnectionID, room chat.RoomID) error {
	return act(ctx, a, "Unsubscribe", true, func() error { return a.store.Unsubscribe(ctx, id, room) })
}

// Subscribers implements [fanout.Subscriptions].
func (a *Actor) Subscribers(ctx context.Context, room chat.RoomID, from *fanout.Cursor, limit int) (fanout.Page, error) {
	return do(ctx, a, "Subscribers", false, func() (fanout.Page, error) { return a.store.Subscribers(ctx, room, from, limit) })
}

// RemoveSubscription implements [fanout.Subscriptions].
func (a *Actor) RemoveSubscription(ctx context.Context, s chat.Subscription) error {
	return act(ctx, a, "RemoveSubscription", true, func() error { return a.store.RemoveSubscription(ctx, s) })
}

// MarkClosing implements [fanout.Subscriptions].
func (a *Actor) MarkClosing(ctx context.Context, s chat.Subscription) error {
	return act(ctx, a, "MarkClosing", true, func() error { return a.store.MarkClosing(ctx, s) })
}

// Current implements [fanout.Subscriptions].
func (a *Actor) Current(
	ctx context.Context, room chat.RoomID, subscriptions []chat.Subscription,
) ([]chat.Subscription, error) {
	return do(ctx, a, "Current", false, func() ([]chat.Subscription, error) {
		return a.store.Current(ctx, room, subscriptions)
	})
}

// Post implements [fanout.Poster].
func (a *Actor) Post(ctx context.Context, id chat.ConnectionID, frame []byte) error {
	return act(ctx, a, "Post", false, func() error { return a.gateway.Post(ctx, id, frame) })
}

// Get implements [fanout.Poster].
func (a *Actor) Get(ctx context.Context, id chat.ConnectionID) error {
	return act(ctx, a, "Get", false, func() error { return a.gateway.Get(ctx, id) })
}

// Close implements [fanout.Poster].
func (a *Actor) Close(ctx context.Context, id chat.ConnectionID) error {
	return act(ctx, a, "Close", false, func() error { return a.gateway.Close(ctx, id) })
}
