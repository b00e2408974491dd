package rooms

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// Subscriptions keeps which connection gets which rooms.
type Subscriptions interface {
	// Subscribe makes the connection get the room. Room, Connection, User and ExpiresAt are given. Doing it again renews
	// it: one that was marked closing gets pushes again. When the connection has ended meanwhile, nothing of the
	// subscription is left, and the error has the code CodeUnauthorized.
	Subscribe(ctx context.Context, s chat.Subscription) error
	// Unsubscribe ends it; without a subscription it does nothing. Beside a Subscribe of the same connection and room, it
	// comes before or after that one.
	Unsubscribe(ctx context.Context, connection chat.ConnectionID, room chat.RoomID) error
}

// JoinRoom asks for the entries of a room from now on, and for those after AfterID, if given.
type JoinRoom struct {
	Room    chat.RoomID
	AfterID *chat.EntryID // 0 or more
}

// ReadJoinRoom reads the fields of the action joinRoom.
func ReadJoinRoom(f *chat.Fields) JoinRoom {
	return JoinRoom{Room: f.Room(), AfterID: f.OptionalEntryID("after_id", 0)}
}

// Joiner subscribes connections to rooms.
type Joiner struct {
	membership    *Membership
	subscriptions Subscriptions
	reader        *roomlog.Reader
}

// NewJoiner makes a Joiner.
func NewJoiner(membership *Membership, subscriptions Subscriptions, reader *roomlog.Reader) *Joiner {
	return &Joiner{membership: membership, subscriptions: subscriptions, reader: reader}
}

// Join makes the caller a member and its connection get the room, and returns the entries after AfterID: a page, none
// without it.
//
// The subscription is written before the log is read, so that an entry is in the page or is pushed, or both.
func (j *Joiner) Join(ctx context.Context, caller chat.Caller, in JoinRoom) (roomlog.Page, error) {
	if err := j.membership.Join(ctx, caller.User(), in.Room); err != nil {
		return roomlog.Page{}, err
	}
	err := j.subscriptions.Subscribe(ctx, chat.Subscription{
		Room: in.Room, Connection: caller.Connection.ID, User: caller.User(), ExpiresAt: caller.Connection.ExpiresAt(),
	})
	if err != nil {
		return roomlog.Page{}, chat.Wrap("subscribe", err)
	}
	if in.AfterID == nil {
		return j.reader.Bounds(ctx, in.Room)
	}
	return j.reader.PageNow(ctx, roomlog.Query{Room: in.Room, After: in.AfterID, Limit: roomlog.DefaultPageLimit})
}
