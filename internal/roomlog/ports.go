package roomlog

import (
	"context"

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

// Claims keeps what each client_message_id stands for. Every call is linearizable per (user, room, client_message_id).
type Claims interface {
	// Claim reads the claim of the entry, consistently; nil when there is none.
	Claim(ctx context.Context, e chat.NewEntry) (*Claim, error)
	// PutClaim writes the claim if there is none. It returns nil when it was written, else the one that is there.
	PutClaim(ctx context.Context, e chat.NewEntry, c Claim) (*Claim, error)
	// MoveClaim makes the claim point to the id "to" if it points to "from". It returns nil when it was moved, else the
	// one that is there; its fingerprint never changes.
	MoveClaim(ctx context.Context, e chat.NewEntry, from, to chat.EntryID) (*Claim, error)
}

// Head keeps how far the log of each room is: the last id reserved, and up to where it has been pushed.
type Head interface {
	// Reserve returns the room's next id, never the same twice.
	Reserve(ctx context.Context, room chat.RoomID) (chat.EntryID, error)
	// PushedID reads up to where the room has been pushed, consistently; 0 when nothing was pushed yet.
	PushedID(ctx context.Context, room chat.RoomID) (chat.EntryID, error)
	// AdvancePushedID moves that mark to the id "to" unless it is there or further already.
	AdvancePushedID(ctx context.Context, room chat.RoomID, to chat.EntryID) error
}
