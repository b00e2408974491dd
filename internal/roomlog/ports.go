package roomlog

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
)

// Log keeps the entries of rooms. Every call is linearizable per (room, id).
type Log interface {
	// Place stores e at its id if nothing is there. It returns nil when e was stored, else the entry that is there.
	Place(ctx context.Context, e chat.Entry) (*chat.Entry, error)
	// EntriesAfter returns the entries with ids above after, in rising order, consistently: as many as there are, limit
	// at most (1–1,000).
	EntriesAfter(ctx context.Context, room chat.RoomID, after chat.EntryID, limit int) ([]chat.Entry, error)
	// EntriesBefore returns the entries with the highest ids below before, in rising order, consistently: limit at
	// most.
	EntriesBefore(ctx context.Context, room chat.RoomID, before chat.EntryID, limit int) ([]chat.Entry, error)
}

// Targets keeps the messages that changes are about. Every call is linearizable per (room, id).
type Targets interface {
	// Entry reads the entry at the id, consistently; nil when there is none.
	Entry(ctx context.Context, room chat.RoomID, id chat.EntryID) (*chat.Entry, error)
	// Update stores the content and the changes of a message, if it is there and its user, its UpdatedID and its Erasures
	// are still those of "was". It reports whether it did.
	Update(ctx context.Context, was, is chat.Entry) (bool, error)
	// Empty takes the content from an edit, if it is there.
	Empty(ctx context.Context, room chat.RoomID, edit chat.EntryID) error
}

// Claims keeps what each client_message_id stands for. Every call is linearizable per (user, room, client_message_id). A
// claim that has expired counts as none.
type Claims interface {
	// Claim reads the claim of the entry, consistently; nil when there is none.
	Claim(ctx context.Context, e chat.NewEntry) (*Claim, error)
	// PutClaim writes the claim if there is none. It returns nil when it was written, else the one that is there.
	PutClaim(ctx context.Context, e chat.NewEntry, c Claim) (*Claim, error)
	// MoveClaim makes the claim point to the id "to", until then (zero: for ever), if it points to "from". It returns nil
	// when it was moved, else the one that is there; its fingerprint never changes.
	MoveClaim(ctx context.Context, e chat.NewEntry, from, to chat.EntryID, until time.Time) (*Claim, error)
	// RenewClaim keeps the claim until then (zero: for ever), if it still is c by id and fingerprint, and is not kept for
	// longer already. It returns nil when it was renewed, else the one that is there.
	RenewClaim(ctx context.Context, e chat.NewEntry, c Claim, until time.Time) (*Claim, error)
}

// Lease says who pushes a room's news now: nobody ([NoLease]), the stream's fan-out ([StreamLease]), or one call, by a
// token of its own. It only keeps two from pushing the same; no promise rests on it.
type Lease string

const (
	// NoLease is the lease that nobody holds.
	NoLease Lease = ""
	// StreamLease leaves a room to the stream's fan-out and to jobs: no sender takes it.
	StreamLease Lease = "stream"
)

// Head is how far the log of a room is. It is one item of the store.
type Head struct {
	Seq       chat.EntryID // the last id reserved
	PushedID  chat.EntryID // all up to here has been pushed
	SettledID chat.EntryID // all up to here is filled and applied; never below PushedID
	FirstID   chat.EntryID // all below has expired; 0 as long as nobody has seen that anything has
	Lease     Lease
	JobUntil  time.Time // until then a job for the room is in the queue; zero for none
}

// Heads keeps the head of each room. Every call is linearizable per room.
type Heads interface {
	// Reserve gives out the room's next id, never the same twice: it is the Seq of the head returned. When nobody holds
	// the lease, me holds it from then on; with NoLease as me the lease stays as it is.
	Reserve(ctx context.Context, room chat.RoomID, me Lease) (Head, error)
	// DropLease makes nobody hold the lease if me does.
	DropLease(ctx context.Context, room chat.RoomID, me Lease) error
	// Head reads the head, consistently.
	Head(ctx context.Context, room chat.RoomID) (Head, error)
	// Settle moves SettledID to the id "to" unless it is there or further already.
	Settle(ctx context.Context, room chat.RoomID, to chat.EntryID) error
}

// Firsts keeps, in the head of each room, how far its entries have expired.
type Firsts interface {
	// MoveFirst moves FirstID to the id "to" unless it is there or further already.
	MoveFirst(ctx context.Context, room chat.RoomID, to chat.EntryID) error
}
