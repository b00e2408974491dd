package fanout

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// Subscriptions keeps which connections get which rooms.
type Subscriptions interface {
	// Subscribers returns a page of the room's subscriptions as they are now, consistently: limit of them at most (1 or
	// more). from is nil for the first page, then the Next of the page before.
	Subscribers(ctx context.Context, room chat.RoomID, from *Cursor, limit int) (Page, error)
	// RemoveSubscription removes one whose connection is gone, and what is left of the connection.
	RemoveSubscription(ctx context.Context, s chat.Subscription) error
	// MarkClosing makes a subscription get no more pushes, since its connection could not be closed. It does nothing
	// when the subscription is gone.
	MarkClosing(ctx context.Context, s chat.Subscription) error
	// Current returns those of a room's subscriptions that are still there, as they are now, consistently, in any order.
	Current(ctx context.Context, room chat.RoomID, subscriptions []chat.Subscription) ([]chat.Subscription, error)
}

// Page is a part of a room's subscriptions.
type Page struct {
	Subscriptions []chat.Subscription
	Shards        int       // in how many shards the room's subscriptions lie, read with the first page
	Next          *Cursor   // where the next page begins; nil after the last
	ReadAt        time.Time // when the read began: what was removed before that is not on the page
}

// Cursor is a place in a room's subscriptions. The number of shards in it is the one of the first page: a connection
// that joins a later shard reads the log after that, and so has what is being pushed in the reply to its join.
type Cursor struct {
	Shards int
	Shard  int
	After  chat.ConnectionID // the last one of the shard that was read; empty at the shard's begin
	Read   int               // how many of the shard were read; 0 at its begin
}

// Leases keeps who pushes a room, in its head. Every call is linearizable per room.
type Leases interface {
	// Take makes me hold the lease if nobody holds it, if me does already, or if "seen" does (NoLease for none but these).
	// It returns the head after the call, and whether me holds the lease.
	Take(ctx context.Context, room chat.RoomID, me, seen roomlog.Lease) (head roomlog.Head, held bool, err error)
	// Advance moves PushedID from one id to another, if held holds the lease (NoLease: nobody does) and PushedID is "from".
	// It returns whether it was moved: if not, another pushes the room too.
	Advance(ctx context.Context, room chat.RoomID, from, to chat.EntryID, held roomlog.Lease) (done bool, err error)
	// Release moves PushedID to the id "to", hands the lease on to next, and clears JobUntil, if held holds the lease and
	// PushedID is not further. It returns the head after the call, and whether it was changed.
	Release(ctx context.Context, room chat.RoomID, to chat.EntryID, held, next roomlog.Lease) (head roomlog.Head, done bool, err error)
	// Give leaves the room to the stream, if held holds the lease.
	Give(ctx context.Context, room chat.RoomID, held roomlog.Lease) error
}

// Marks keeps, in the head of each room, that a job for it is in the queue. Every call is linearizable per room.
type Marks interface {
	// Mark leaves the room to a job until then, if held holds the lease (NoLease: nobody does) and PushedID is below the
	// id: a job that has ended already has pushed up to the id, and must not be waited for.
	Mark(ctx context.Context, room chat.RoomID, held roomlog.Lease, below chat.EntryID, until time.Time) error
	// ExtendMark moves the time of a mark, if there is one: a job that runs twice must not leave one behind.
	ExtendMark(ctx context.Context, room chat.RoomID, until time.Time) error
}

// Jobs takes rooms whose push is to be done later.
type Jobs interface {
	// PushLater has the room pushed once more after the delay, by a job that is tried again until it succeeds. When it
	// returns nil, the job is stored.
	PushLater(ctx context.Context, room chat.RoomID, delay time.Duration) error
}

// Store is what pushing reads and writes.
type Store interface {
	roomlog.Log
	roomlog.Heads
	roomlog.Targets
	Leases
	Marks
	Subscriptions
}
