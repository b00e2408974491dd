package fanout

import (
	"context"

	"serverlesschat/internal/chat"
)

// Delivery is a stretch of a room's log, and the subscriptions that are to get it.
type Delivery struct {
	Room          chat.RoomID
	Entries       []chat.Entry // rising, without gaps, not empty
	Subscriptions []chat.Subscription
}

// Deliverer brings a delivery to every subscription in it.
type Deliverer interface {
	// Deliver returns nil only when each subscription has got the entries, is gone, or is marked to get no more.
	Deliver(ctx context.Context, d Delivery) error
}
