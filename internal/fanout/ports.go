package fanout

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// Subscriptions keeps which connections get which rooms.
type Subscriptions interface {
	// Subscribers returns all subscriptions of the room as they are now, consistently, over all shards there are now.
	Subscribers(ctx context.Context, room chat.RoomID) ([]chat.Subscription, error)
	// RemoveSubscription removes one whose connection is gone.
	RemoveSubscription(ctx context.Context, s chat.Subscription) error
	// MarkClosing makes a subscription get no more pushes, since its connection could not be reached. It does nothing
	// when the subscription is gone.
	MarkClosing(ctx context.Context, s chat.Subscription) error
}

// Store is what a Waker reads and writes.
type Store interface {
	roomlog.Log
	roomlog.Head
	Subscriptions
}
