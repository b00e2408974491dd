package chat

import (
	"context"
	"time"
)

// Subscription says that a connection gets the entries of a room.
type Subscription struct {
	Room       RoomID
	Shard      int // which part of the room's subscriptions it lies in
	Connection ConnectionID
	User       UserID
	ExpiresAt  time.Time
	Closing    bool // it gets no more pushes: it could not be reached, and is to be closed
}

// Subscriptions keeps which connection gets which rooms.
type Subscriptions interface {
	// Subscribe makes the connection get the room. Room, Connection, User and ExpiresAt are given. Doing it again
	// changes nothing.
	Subscribe(ctx context.Context, s Subscription) error
	// Unsubscribe ends it; without a subscription it does nothing.
	Unsubscribe(ctx context.Context, connection ConnectionID, room RoomID) error
}

// JoinRoom asks for the entries of a room from now on, and for those after AfterID, if given.
type JoinRoom struct {
	Room    RoomID
	AfterID *EntryID
}

// Validate reports the first field that is wrong.
func (in JoinRoom) Validate() error {
	if err := in.Room.Validate(); err != nil {
		return err
	}
	return validateAfterID(in.AfterID)
}

func validateAfterID(after *EntryID) error {
	if after != nil && *after < 0 {
		return Invalid("after_id", "must be 0 or more")
	}
	return nil
}

// LeaveRoom asks for no more entries of a room.
type LeaveRoom struct {
	Room RoomID
}

// Validate reports the first field that is wrong.
func (in LeaveRoom) Validate() error { return in.Room.Validate() }

// Joiner subscribes connections to rooms.
type Joiner struct {
	membership    *Membership
	subscriptions Subscriptions
	reader        *Reader
}

// NewJoiner makes a Joiner.
func NewJoiner(membership *Membership, subscriptions Subscriptions, reader *Reader) *Joiner {
	return &Joiner{membership: membership, subscriptions: subscriptions, reader: reader}
}

// Join makes the caller a member and its connection get the room, and gives the entries after AfterID: a page, none
// without it.
//
// The subscription is written before the log is read, so that an entry is in the page or is pushed, or both.
func (j *Joiner) Join(ctx context.Context, caller Caller, in JoinRoom) (Page, error) {
	if err := j.membership.Join(ctx, caller.User, in.Room); err != nil {
		return Page{}, err
	}
	err := j.subscriptions.Subscribe(ctx, Subscription{
		Room: in.Room, Connection: caller.ID, User: caller.User, ExpiresAt: caller.ExpiresAt(),
	})
	if err != nil {
		return Page{}, wrap("subscribe", err)
	}
	if in.AfterID == nil {
		last, err := j.reader.LastID(ctx, in.Room)
		return Page{Room: in.Room, FirstID: firstID, LastID: last}, err
	}
	return j.reader.PageNow(ctx, Query{Room: in.Room, After: in.AfterID, Limit: DefaultPageLimit})
}

// Leave makes the caller's connection get the room no longer; its user stays a member.
func (j *Joiner) Leave(ctx context.Context, caller Caller, in LeaveRoom) (RoomID, error) {
	return in.Room, wrap("unsubscribe", j.subscriptions.Unsubscribe(ctx, caller.ID, in.Room))
}
