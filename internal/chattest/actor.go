package chattest

import (
	"context"

	"serverlesschat/internal/chat"
)

// The ports, each through the plan.

// Claim implements [chat.Claims].
func (a *Actor) Claim(ctx context.Context, d chat.Draft) (*chat.Claim, error) {
	return do(ctx, a, "Claim", false, func() (*chat.Claim, error) { return a.store.Claim(ctx, d) })
}

// Standing implements [chat.Standings].
func (a *Actor) Standing(ctx context.Context, d chat.Draft) (member bool, claim *chat.Claim, err error) {
	claim, err = do(ctx, a, "Standing", false, func() (c *chat.Claim, err error) {
		member, c, err = a.store.Standing(ctx, d)
		return c, err
	})
	return member, claim, err
}

// PutClaim implements [chat.Claims].
func (a *Actor) PutClaim(ctx context.Context, d chat.Draft, c chat.Claim) (*chat.Claim, error) {
	return do(ctx, a, "PutClaim", true, func() (*chat.Claim, error) { return a.store.PutClaim(ctx, d, c) })
}

// MoveClaim implements [chat.Claims].
func (a *Actor) MoveClaim(ctx context.Context, d chat.Draft, from, to chat.EntryID) (*chat.Claim, error) {
	return do(ctx, a, "MoveClaim", true, func() (*chat.Claim, error) { return a.store.MoveClaim(ctx, d, from, to) })
}

// Reserve implements [chat.Head].
func (a *Actor) Reserve(ctx context.Context, room chat.RoomID) (chat.EntryID, error) {
	return do(ctx, a, "Reserve", true, func() (chat.EntryID, error) { return a.store.Reserve(ctx, room) })
}

// Place implements [chat.Log].
func (a *Actor) Place(ctx context.Context, e chat.Entry) (*chat.Entry, error) {
	return do(ctx, a, "Place", true, func() (*chat.Entry, error) { return a.store.Place(ctx, e) })
}

// EntriesAfter implements [chat.Log].
func (a *Actor) EntriesAfter(ctx context.Context, room chat.RoomID, after chat.EntryID, limit int) ([]chat.Entry, error) {
	return do(ctx, a, "EntriesAfter", false, func() ([]chat.Entry, error) {
		return a.store.EntriesAfter(ctx, room, after, limit)
	})
}

// EntriesBefore implements [chat.Log].
func (a *Actor) EntriesBefore(ctx context.Context, room chat.RoomID, before chat.EntryID, limit int) ([]chat.Entry, error) {
	return do(ctx, a, "EntriesBefore", false, func() ([]chat.Entry, error) {
		return a.store.EntriesBefore(ctx, room, before, limit)
	})
}

// Position implements [chat.Head].
func (a *Actor) Position(ctx context.Context, room chat.RoomID) (chat.EntryID, error) {
	return do(ctx, a, "Position", false, func() (chat.EntryID, error) { return a.store.Position(ctx, room) })
}

// AdvancePosition implements [chat.Head].
func (a *Actor) AdvancePosition(ctx context.Context, room chat.RoomID, to chat.EntryID) error {
	return act(ctx, a, "AdvancePosition", true, func() error { return a.store.AdvancePosition(ctx, room, to) })
}

// RoomExists implements [chat.Rooms].
func (a *Actor) RoomExists(ctx context.Context, room chat.RoomID) (bool, error) {
	return do(ctx, a, "RoomExists", false, func() (bool, error) { return a.store.RoomExists(ctx, room) })
}

// CreateRoom implements [chat.Rooms].
func (a *Actor) CreateRoom(ctx context.Context, room chat.RoomID) error {
	return act(ctx, a, "CreateRoom", true, func() error { return a.store.CreateRoom(ctx, room) })
}

// IsMember implements [chat.Rooms].
func (a *Actor) IsMember(ctx context.Context, user chat.UserID, room chat.RoomID) (bool, error) {
	return do(ctx, a, "IsMember", false, func() (bool, error) { return a.store.IsMember(ctx, user, room) })
}

// AddMember implements [chat.Rooms].
func (a *Actor) AddMember(ctx context.Context, user chat.UserID, room chat.RoomID) error {
	return act(ctx, a, "AddMember", true, func() error { return a.store.AddMember(ctx, user, room) })
}

// PutConnection implements [chat.Connections].
func (a *Actor) PutConnection(ctx context.Context, c chat.Connection) error {
	return act(ctx, a, "PutConnection", true, func() error { return a.store.PutConnection(ctx, c) })
}

// Connection implements [chat.Connections].
func (a *Actor) Connection(ctx context.Context, id chat.ConnectionID) (*chat.Connection, error) {
	return do(ctx, a, "Connection", false, func() (*chat.Connection, error) { return a.store.Connection(ctx, id) })
}

// RemoveConnection implements [chat.Connections].
func (a *Actor) RemoveConnection(ctx context.Context, id chat.ConnectionID) error {
	return act(ctx, a, "RemoveConnection", true, func() error { return a.store.RemoveConnection(ctx, id) })
}

// Subscribe implements [chat.Subscriptions].
func (a *Actor) Subscribe(ctx context.Context, s chat.Subscription) error {
	return act(ctx, a, "Subscribe", true, func() error { return a.store.Subscribe(ctx, s) })
}

// Unsubscribe implements [chat.Subscriptions].
func (a *Actor) Unsubscribe(ctx context.Context, id chat.ConnectionID, room chat.RoomID) error {
	return act(ctx, a, "Unsubscribe", true, func() error { return a.store.Unsubscribe(ctx, id, room) })
}

// Subscribers implements [chat.FanoutSubscriptions].
func (a *Actor) Subscribers(ctx context.Context, room chat.RoomID) ([]chat.Subscription, error) {
	return do(ctx, a, "Subscribers", false, func() ([]chat.Subscription, error) { return a.store.Subscribers(ctx, room) })
}

// RemoveSubscription implements [chat.FanoutSubscriptions].
func (a *Actor) RemoveSubscription(ctx context.Context, s chat.Subscription) error {
	return act(ctx, a, "RemoveSubscription", true, func() error { return a.store.RemoveSubscription(ctx, s) })
}

// MarkClosing implements [chat.FanoutSubscriptions].
func (a *Actor) MarkClosing(ctx context.Context, s chat.Subscription) error {
	return act(ctx, a, "MarkClosing", true, func() error { return a.store.MarkClosing(ctx, s) })
}

// Post implements [chat.Gateway].
func (a *Actor) Post(ctx context.Context, id chat.ConnectionID, frame []byte) error {
	return act(ctx, a, "Post", false, func() error { return a.gateway.Post(ctx, id, frame) })
}

// Close implements [chat.Gateway].
func (a *Actor) Close(ctx context.Context, id chat.ConnectionID) error {
	return act(ctx, a, "Close", false, func() error { return a.gateway.Close(ctx, id) })
}
