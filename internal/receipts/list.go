package receipts

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

// Members keeps the members of rooms in the order of their names.
type Members interface {
	// MembersOf is [rooms.Lists].MembersOf.
	MembersOf(ctx context.Context, room chat.RoomID, after chat.UserID, limit int) (page []rooms.Member, next chat.UserID, err error)
}

// Lister tells how far the members of rooms are, to who asks.
type Lister struct {
	members    Members
	membership Membership
}

// NewLister makes a Lister.
func NewLister(members Members, membership Membership) *Lister {
	return &Lister{members: members, membership: membership}
}

// List returns the receipts of a page of the members, and where the next one begins; "" after the last.
//
// Errors: CodeForbidden, CodeNotFound as [rooms.Access.May].
func (l *Lister) List(ctx context.Context, user chat.UserID, in rooms.ListMembers) ([]Receipt, string, error) {
	if _, err := l.membership.May(ctx, user, in.Room, rooms.Read); err != nil {
		return nil, "", err
	}
	page, next, err := l.members.MembersOf(ctx, in.Room, chat.UserID(in.Cursor), in.Limit)
	if err != nil {
		return nil, "", chat.Wrap("read members", err)
	}
	receipts := make([]Receipt, len(page))
	for i, m := range page {
		receipts[i] = receiptOf(m)
	}
	return receipts, string(next), nil
}
