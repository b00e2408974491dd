package presence

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

// Lists finds the members of rooms, and the states of users.
type Lists interface {
	// MembersOf is [rooms.Lists].MembersOf.
	MembersOf(ctx context.Context, room chat.RoomID, after chat.UserID, limit int) (page []rooms.Member, next chat.UserID, err error)
	// States returns the states of users, 100 at most, consistently, in their order.
	States(ctx context.Context, users []chat.UserID) ([]State, error)
}

// Membership decides who may ask.
type Membership interface {
	// May is [rooms.Membership.May].
	May(ctx context.Context, user chat.UserID, room chat.RoomID, r rooms.Right) (rooms.Access, error)
}

// Lister tells who of a room is there, to who asks.
type Lister struct {
	lists      Lists
	membership Membership
}

// NewLister makes a Lister.
func NewLister(lists Lists, membership Membership) *Lister {
	return &Lister{lists: lists, membership: membership}
}

// List returns the states of a page of the room's members, in the order of their names, and where the next page begins;
// "" after the last.
//
// Errors: CodeForbidden, CodeNotFound as [rooms.Access.May]; what the store returns, wrapped.
func (l *Lister) List(ctx context.Context, user chat.UserID, in rooms.ListMembers) ([]State, string, error) {
	if _, err := l.membership.May(ctx, user, in.Room, rooms.Read); err != nil {
		return nil, "", err
	}
	page, next, err := l.lists.MembersOf(ctx, in.Room, chat.UserID(in.Cursor), in.Limit)
	if err != nil {
		return nil, "", chat.Wrap("read members", err)
	}
	names := make([]chat.UserID, len(page))
	for i, m := range page {
		names[i] = m.User
	}
	states, err := l.lists.States(ctx, names)
	return states, string(next), chat.Wrap("read presence", err)
}
