package chat

import "time"

// Subscription says that a connection gets the entries of a room.
type Subscription struct {
	Room       RoomID
	Shard      int // the shard of the room's subscriptions that it is in
	Connection ConnectionID
	User       UserID
	Version    int64 // of its member's row, when it was made
	ExpiresAt  time.Time
	LookAt     time.Time // until then the token of the connection holds, and longer; zero where that is not known
	Closing    bool      // it could not be reached: it gets no more pushes, and is to be closed
}
