package rooms

import (
	"context"

	"serverlesschat/internal/chat"
)

// Lists keeps rooms and members in the order of their names, page by page: limit of them at most. after is the last one of
// the page before, empty for the first page; more says that there are others after the page.
type Lists interface {
	// RoomsOf returns rooms that the user is in, consistently, with the user's rows.
	RoomsOf(ctx context.Context, user chat.UserID, after chat.RoomID, limit int) (page []Membered, next chat.RoomID, err error)
	// PublicRooms returns public rooms.
	PublicRooms(ctx context.Context, after chat.RoomID, limit int) (page []Room, next chat.RoomID, err error)
	// MembersOf returns members that are in the room.
	MembersOf(ctx context.Context, room chat.RoomID, after chat.UserID, limit int) (page []Member, next chat.UserID, err error)
}

// Membered is a room and one of its members.
type Membered struct {
	Room   Room
	Member Member
}

// Paging asks for a page of a list.
type Paging struct {
	Cursor string // empty for the first page
	Limit  int
}

const (
	maxListed     = 100
	defaultListed = 50
	// listAtOnce is how many rooms of a list are read side by side.
	listAtOnce = 16
)

func readPaging(f *chat.Fields) Paging {
	return Paging{Cursor: f.Cursor(), Limit: f.Number("limit", 1, maxListed, defaultListed)}
}

// ListRooms asks for one's own rooms, or for public ones.
type ListRooms struct {
	Paging
	Public bool
}

// ReadListRooms reads the fields of a request for rooms.
func ReadListRooms(f *chat.Fields) ListRooms {
	return ListRooms{Paging: readPaging(f), Public: f.Flag("public")}
}

// List returns a page of rooms, and where the next one begins; "" after the last.
func (c *Changer) List(ctx context.Context, user chat.UserID, in ListRooms) ([]Listed, string, error) {
	if in.Public {
		page, next, err := c.store.PublicRooms(ctx, chat.RoomID(in.Cursor), in.Limit)
		listed := make([]Listed, len(page))
		for i, room := range page {
			listed[i] = Listed{Room: room}
		}
		return listed, string(next), chat.Wrap("read public rooms", err)
	}
	page, next, err := c.store.RoomsOf(ctx, user, chat.RoomID(in.Cursor), in.Limit)
	if err != nil {
		return nil, "", chat.Wrap("read rooms", err)
	}
	listed, err := chat.Map(ctx, page, listAtOnce, func(ctx context.Context, m Membered) (Listed, error) {
		return c.list(ctx, m.Room, m.Member)
	})
	return listed, string(next), err
}

// ListMembers asks for the members of a room.
type ListMembers struct {
	Paging
	Room chat.RoomID
}

// ReadListMembers reads the fields of a request for members.
func ReadListMembers(f *chat.Fields) ListMembers {
	return ListMembers{Paging: readPaging(f), Room: f.Room()}
}

// Members returns a page of the members of a room, and where the next one begins; "" after the last.
//
// Errors: CodeNotFound, CodeForbidden as [Access.May].
func (c *Changer) Members(ctx context.Context, user chat.UserID, in ListMembers) ([]Member, string, error) {
	if _, err := c.membership.May(ctx, user, in.Room, Read); err != nil {
		return nil, "", err
	}
	page, next, err := c.store.MembersOf(ctx, in.Room, chat.UserID(in.Cursor), in.Limit)
	return page, string(next), chat.Wrap("read members", err)
}
