package rooms

import (
	"context"

	"serverlesschat/internal/chat"
)

// Store keeps rooms and their members. Every call is linearizable per room and per member.
type Store interface {
	// Access reads what decides the user's rights in the room, in one call that costs the same whatever is there.
	Access(ctx context.Context, user chat.UserID, room chat.RoomID) (Access, error)
	// OpenRoom stores a room that was never there, with its first members. It reports whether it did: false when there is
	// one of this name, or was.
	OpenRoom(ctx context.Context, room Room, members ...Member) (opened bool, err error)
	// ChangeMember stores "is", if the row still has the version of "was", with nothing pending; a Version of 0 stands for
	// no row. It reports whether it did. The room keeps an owner: ErrLastOwner when this would take the last one away.
	ChangeMember(ctx context.Context, was, is Member) (changed bool, err error)
	// Finished takes Pending from the member's row, if it still has the version.
	Finished(ctx context.Context, m Member) error
}

// ErrLastOwner is returned by a Store for a change that would leave a room without an owner.
var ErrLastOwner = chat.Errorf(chat.CodeConflict, "the room needs an owner: give somebody else this role first")

// Membership decides what users may do in rooms.
type Membership struct {
	store Store
}

// NewMembership makes a Membership.
func NewMembership(store Store) *Membership { return &Membership{store: store} }

// May returns the user's access to the room if the user has the right.
//
// Errors: as [Access.May]; what the store returns, wrapped.
func (m *Membership) May(ctx context.Context, user chat.UserID, room chat.RoomID, r Right) (Access, error) {
	a, err := m.store.Access(ctx, user, room)
	if err != nil {
		return Access{}, chat.Wrap("read access", err)
	}
	return a, a.May(r)
}
