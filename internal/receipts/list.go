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

const (
	maxListed     = 100
	defaultListed = 50
)

// ListReceipts asks how far the members of a room are.
type ListReceipts struct {
	Room   chat.RoomID
	Cursor string // the user after whom the page begins; empty for the first page
	Limit  int
}

// ReadListReceipts reads the fields of a request for receipts.
func ReadListReceipts(f *chat.Fields) ListReceipts {
	return ListReceipts{Cursor: f.Cursor(), Limit: f.Number("limit", 1, maxListed, defaultListed), Room: f.Room()}
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

// List returns a page of receipts, and where the next one begins; "" after the last.
//
// Errors: CodeForbidden, CodeNotFound as [rooms.Access.May].
func (l *Lister) List(ctx context.Context, user chat.UserID, in ListReceipts) ([]Receipt, string, error) {
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
