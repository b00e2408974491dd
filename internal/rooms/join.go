package rooms

import (
	"context"
	"errors"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// Subscriptions keeps which connections get which rooms.
type Subscriptions interface {
	// Subscribe makes the connection get the room. Room, Connection, User, Version and ExpiresAt are given. Doing it again
	// renews it: one that was marked closing gets pushes again.
	//
	// Errors: ErrChanged when the user is not in the room, or the member's row has another version; then nothing is
	// written. CodeUnauthorized when the connection has ended meanwhile; then nothing of the subscription is left.
	Subscribe(ctx context.Context, s chat.Subscription) error
	// Unsubscribe ends it; without a subscription it does nothing. Beside a Subscribe of the same connection and room, it
	// comes before or after that one.
	Unsubscribe(ctx context.Context, connection chat.ConnectionID, room chat.RoomID) error
}

// ErrChanged is returned by Subscriptions when a member has changed since it was read.
var ErrChanged = errors.New("the member has changed")

// joinTries is how often a join finds that its member has just changed.
const joinTries = 4

// JoinRoom asks for the entries of a room, from now on and, with AfterID, those after it.
type JoinRoom struct {
	Room    chat.RoomID
	AfterID *chat.EntryID // 0 or more
}

// ReadJoinRoom reads the fields of the action joinRoom.
func ReadJoinRoom(f *chat.Fields) JoinRoom {
	return JoinRoom{Room: f.Room(), AfterID: f.OptionalEntryID("after_id", 0)}
}

// Joiner makes connections get rooms.
type Joiner struct {
	changer       *Changer
	subscriptions Subscriptions
	reader        *roomlog.Reader
}

// NewJoiner makes a Joiner.
func NewJoiner(changer *Changer, subscriptions Subscriptions, reader *roomlog.Reader) *Joiner {
	return &Joiner{changer: changer, subscriptions: subscriptions, reader: reader}
}

// Join makes the caller a member of a public room and its connection get the room, then returns where the room is and,
// with AfterID, a page of what came after it.
//
// The subscription is written before the log is read, so that an entry is in the page or is pushed, or both.
//
// Errors: as [Changer.Enter]; CodeUnauthorized when the connection has ended; as [roomlog.Reader.Page].
func (j *Joiner) Join(ctx context.Context, caller chat.Caller, in JoinRoom) (roomlog.Page, error) {
	access, err := j.subscribe(ctx, caller, in.Room)
	if err != nil {
		return roomlog.Page{}, err
	}
	j.changer.warn(ctx, caller.Connection.ID, *access.Room)
	if in.AfterID == nil {
		return j.reader.Bounds(ctx, in.Room)
	}
	return j.reader.PageNow(ctx, roomlog.Query{Room: in.Room, After: in.AfterID, Limit: roomlog.DefaultPageLimit, Retention: access.Room.Retention})
}

// subscribe makes the connection get the room as long as its user is a member. A change of the member between the two is
// looked at once more.
func (j *Joiner) subscribe(ctx context.Context, caller chat.Caller, room chat.RoomID) (Access, error) {
	for range joinTries {
		access, err := j.changer.Enter(ctx, caller.User(), room)
		if err != nil {
			return Access{}, err
		}
		err = j.subscriptions.Subscribe(ctx, chat.Subscription{
			Room: room, Connection: caller.Connection.ID, User: caller.User(), Version: access.Member.Version,
			ExpiresAt: caller.Connection.ExpiresAt(), LookAt: caller.Connection.LookAt(),
		})
		if !errors.Is(err, ErrChanged) {
			return access, chat.Wrap("subscribe", err)
		}
	}
	return Access{}, chat.Errorf(chat.CodeUnavailable, "your membership of the room is being changed; try again")
}

// maxJoins is how many rooms one action joins.
const maxJoins = 25

// JoinRooms asks for several rooms at once, 1 to maxJoins.
type JoinRooms struct {
	Rooms []JoinRoom
}

// ReadJoinRooms reads the fields of the action joinRooms.
func ReadJoinRooms(f *chat.Fields) JoinRooms {
	var in JoinRooms
	seen := map[chat.RoomID]bool{}
	f.Objects("rooms", maxJoins, func(f *chat.Fields) {
		join := ReadJoinRoom(f)
		if seen[join.Room] && f.Err() == nil {
			f.Check(chat.Invalid("rooms", "names a room twice"))
		}
		seen[join.Room] = true
		in.Rooms = append(in.Rooms, join)
	})
	return in
}

// RoomJoined is what has become of one of the rooms: a page, or why it was not joined.
type RoomJoined struct {
	Room chat.RoomID
	Page roomlog.Page
	Err  error
}

// Failure returns why the room was not joined; nil when it was.
func (r RoomJoined) Failure() error { return r.Err }

// JoinAll joins the rooms side by side, each as [Joiner.Join] does, and returns what has become of them, in their order.
func (j *Joiner) JoinAll(ctx context.Context, caller chat.Caller, in JoinRooms) ([]RoomJoined, error) {
	return chat.Map(ctx, in.Rooms, maxJoins, func(ctx context.Context, join JoinRoom) (RoomJoined, error) {
		page, err := j.Join(ctx, caller, join)
		return RoomJoined{Room: join.Room, Page: page, Err: err}, nil
	})
}
