package chat

import "time"

// Subscription says that a connection gets the entries of a room.
type Subscription struct {
	Room       RoomID
	Shard      int // which part of the room's subscriptions it lies in
	Connection ConnectionID
	User       UserID
	ExpiresAt  time.Time
	Closing    bool // it gets no more pushes: it could not be reached, and is to be closed
}
