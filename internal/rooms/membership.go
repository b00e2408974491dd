package rooms

import (
	"context"
	"fmt"

	"serverlesschat/internal/chat"
)

// Store keeps which rooms there are, and their members.
type Store interface {
	// RoomExists reports whether the room has come into being.
	RoomExists(ctx context.Context, room chat.RoomID) (bool, error)
	// CreateRoom makes the room if there is none.
	CreateRoom(ctx context.Context, room chat.RoomID) error
	// IsMember reports whether the user is a member of the room, consistently.
	IsMember(ctx context.Context, user chat.UserID, room chat.RoomID) (bool, error)
	// AddMember makes the user a member if it is none.
	AddMember(ctx context.Context, user chat.UserID, room chat.RoomID) error
}

// Membership decides which users are in a room. All of the rule is in this file. Every room is public. It comes into
// being when it is first joined. A user that joined it is a member. No entry tells of it, so the first message of a
// room has the id 1.
type Membership struct {
	store Store
}

// NewMembership makes a Membership.
func NewMembership(store Store) *Membership { return &Membership{store: store} }

// Join makes the user a member of the room, which comes into being if need be.
func (m *Membership) Join(ctx context.Context, user chat.UserID, room chat.RoomID) error {
	member, err := m.store.IsMember(ctx, user, room)
	if err != nil || member {
		return chat.Wrap("read member", err)
	}
	// The room first: a member of a room that does not exist would be a contradiction for every reader.
	if err := m.store.CreateRoom(ctx, room); err != nil {
		return fmt.Errorf("create room: %w", err)
	}
	return chat.Wrap("add member", m.store.AddMember(ctx, user, room))
}

// Check returns nil for a member of the room, CodeForbidden for a user that is none, CodeNotFound when there is no such
// room.
func (m *Membership) Check(ctx context.Context, user chat.UserID, room chat.RoomID) error {
	member, err := m.store.IsMember(ctx, user, room)
	if err != nil || member {
		return chat.Wrap("read member", err)
	}
	return m.Refusal(ctx, room)
}

// Refusal returns the error for a user that is no member of the room: CodeForbidden or CodeNotFound.
func (m *Membership) Refusal(ctx context.Context, room chat.RoomID) error {
	exists, err := m.store.RoomExists(ctx, room)
	switch {
	case err != nil:
		return fmt.Errorf("read room: %w", err)
	case !exists:
		return chat.Errorf(chat.CodeNotFound, "there is no such room")
	}
	return chat.Errorf(chat.CodeForbidden, "join the room first")
}
