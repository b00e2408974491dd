package rooms

import (
	"context"

	"serverlesschat/internal/chat"
)

// Size says what a room has grown too large for. It is kept in the room's row, by whoever comes in or goes over a bound;
// so whoever reads the row knows it.
type Size int

// The sizes of rooms.
const (
	SizeSmall Size = iota // all there is
	SizeLarge             // more than LargeMembers: receipts are not told, but can be asked for
	SizeHuge              // more than HugeMembers: nor who types or is present, nor who joins and leaves by oneself
)

const (
	// LargeMembers is up to how many members a room is told of receipts.
	LargeMembers = 100
	// HugeMembers is up to how many it is told who types, who is present, and who joins and leaves by oneself.
	HugeMembers = 200
	// sizeSlack is how many members fewer make a room smaller again: else a room at a bound would change with each one.
	sizeSlack = 10
)

// Feature is something that a room may be too large for.
type Feature string

// The features.
const (
	FeatureReceipts Feature = "receipts"
	FeatureTyping   Feature = "typing"
	FeaturePresence Feature = "presence"
	FeatureMembers  Feature = "members" // entries about who joins and leaves by oneself
)

// Lacks returns what a room of the size goes without.
func (s Size) Lacks() []Feature {
	switch s {
	case SizeLarge:
		return []Feature{FeatureReceipts}
	case SizeHuge:
		return []Feature{FeatureMembers, FeaturePresence, FeatureReceipts, FeatureTyping}
	}
	return nil
}

// next returns the size of a room that has so many members now.
func (s Size) next(members int) Size {
	bound := func(of Size, most int) bool {
		return members > most || s >= of && members > most-sizeSlack
	}
	switch {
	case bound(SizeHuge, HugeMembers):
		return SizeHuge
	case bound(SizeLarge, LargeMembers):
		return SizeLarge
	}
	return SizeSmall
}

// Sizes keeps the sizes of rooms.
type Sizes interface {
	// Resize stores the size of a room if it is "from". It reports whether it did.
	Resize(ctx context.Context, room chat.RoomID, from, to Size) (bool, error)
}

// maxTold is how many connections are told that a room has outgrown something. Others learn it when they join again.
const maxTold = 1000

// resize keeps the size of a room, and tells those who get it when it changes. It must not make a change of a member fail:
// the next one does what this one could not.
func (c *Changer) resize(ctx context.Context, room Room, members int) {
	to := room.Size.next(members)
	if to == room.Size {
		return
	}
	if done, err := c.store.Resize(ctx, room.ID, room.Size, to); err != nil || !done {
		return
	}
	ids, err := c.store.ListenersOf(ctx, room.ID, maxTold)
	if err == nil {
		c.opts.Teller.Tell(ctx, ids, c.opts.Frames.Degraded(room.ID, to.Lacks()))
	}
}

// warn tells a connection that joins what the room has grown too large for.
func (c *Changer) warn(ctx context.Context, id chat.ConnectionID, room Room) {
	if room.Size != SizeSmall {
		c.opts.Teller.Tell(ctx, []chat.ConnectionID{id}, c.opts.Frames.Degraded(room.ID, room.Size.Lacks()))
	}
}
