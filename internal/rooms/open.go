package rooms

import (
	"context"
	"strings"
	"time"

	"serverlesschat/internal/chat"
)

// NewRoom asks for a room to be opened.
type NewRoom struct {
	Kind Kind
	Room chat.RoomID // of a public room
	Name string      // of a public or a private room
	With chat.UserID // the other user of a direct room
}

// ReadNewRoom reads the fields of a request that opens a room.
func ReadNewRoom(f *chat.Fields) NewRoom {
	in := NewRoom{Kind: Kind(f.Text("kind"))}
	switch in.Kind {
	case KindPublic:
		in.Room, in.Name = f.Room(), f.Name("name")
		if in.Room.IsGiven() {
			f.Check(chat.Invalid("room_id", "may not begin with p. or dm.: such names the server gives"))
		}
	case KindPrivate:
		in.Name = f.Name("name")
	case KindDirect:
		in.With = f.User("user_id")
	default:
		f.Check(chat.Invalid("kind", "must be public, private or direct"))
	}
	return in
}

// Naming gives names to rooms.
type Naming struct {
	Random func() string                 // 128 random bits as letters and digits
	Pair   func(a, b chat.UserID) string // stands for two users, a before b, as letters and digits that nobody can guess
}

// Open opens a room. It reports whether it did: not when the two have a direct room already, which is returned then.
//
// Errors: CodeConflict when the name of a public room is taken, also by one that was deleted; CodeInvalid for a direct
// room with oneself; CodeNotFound for one with a user who was erased; CodeForbidden when one of the two blocks the other.
func (c *Changer) Open(ctx context.Context, by chat.UserID, in NewRoom) (Listed, bool, error) {
	room, users := Room{ID: in.Room, Kind: in.Kind, Name: in.Name}, []chat.UserID{by}
	switch in.Kind {
	case KindPrivate:
		room.ID = chat.PrivateRoomID(c.opts.Naming.Random())
	case KindDirect:
		if in.With == by {
			return Listed{}, false, chat.Invalid("user_id", "must be another user")
		}
		if err := c.checkUser(ctx, in.With); err != nil {
			return Listed{}, false, err
		}
		room.ID, room.Name = c.DirectRoom(by, in.With), string(by)+pairSeparator+string(in.With)
		users = append(users, in.With)
	}
	opened, err := c.open(ctx, room, users...)
	if err != nil {
		return Listed{}, false, err
	}
	if !opened && in.Kind != KindDirect {
		return Listed{}, false, chat.Errorf(chat.CodeConflict, "this name is taken")
	}
	listed, err := c.Show(ctx, by, room.ID)
	return listed, opened, err
}

// DirectRoom returns the name of the direct room of two users.
func (c *Changer) DirectRoom(a, b chat.UserID) chat.RoomID {
	return chat.DirectRoomID(c.opts.Naming.Pair(min(a, b), max(a, b)))
}

// Show returns a room as the user sees it.
//
// Errors: CodeNotFound for one that the user may not know of.
func (c *Changer) Show(ctx context.Context, user chat.UserID, room chat.RoomID) (Listed, error) {
	access, err := c.membership.May(ctx, user, room, See)
	if err != nil {
		return Listed{}, err
	}
	if !access.IsIn() {
		return Listed{Room: *access.Room}, nil
	}
	return c.list(ctx, *access.Room, *access.Member)
}

// list returns a room as its member sees it.
func (c *Changer) list(ctx context.Context, room Room, m Member) (Listed, error) {
	last, err := c.opts.Reader.LastID(ctx, room.ID)
	if err != nil {
		return Listed{}, chat.Wrap("read last id", err)
	}
	if room.Kind == KindDirect {
		room.Name = otherOf(room.Name, m.User)
	}
	listed := Listed{Room: room, IsMember: true, Role: m.Role, LastID: last, ReadID: m.ReadID}
	if m.ReadID < last && c.opts.Unread != nil {
		listed.Unread, err = c.opts.Unread(ctx, room, m.User, m.ReadID, last)
	}
	return listed, chat.Wrap("count unread", err)
}

// pairSeparator stands between the two users in the stored name of a direct room. No user's name holds it.
const pairSeparator = " "

// otherOf returns the other user of a direct room's name: so each of the two sees it called as the other.
func otherOf(name string, user chat.UserID) string {
	a, b, _ := strings.Cut(name, pairSeparator)
	if a == string(user) {
		return b
	}
	return a
}

// PatchRoom asks for other settings of a room. What is nil stays as it is.
type PatchRoom struct {
	Room      chat.RoomID
	Name      *string
	SlowMode  *time.Duration
	Retention *time.Duration
}

// The most that settings may be.
const (
	maxSlowModeSeconds = 6 * 60 * 60
	maxRetentionDays   = 3650
	day                = 24 * time.Hour
)

// ReadPatchRoom reads the fields of a request that changes a room.
func ReadPatchRoom(f *chat.Fields) PatchRoom {
	in := PatchRoom{Room: f.Room(), Name: f.OptionalName("name")}
	if n := f.OptionalNumber("slow_mode_s", 0, maxSlowModeSeconds); n != nil {
		in.SlowMode = new(time.Duration(*n) * time.Second)
	}
	if n := f.OptionalNumber("retention_days", 0, maxRetentionDays); n != nil {
		in.Retention = new(time.Duration(*n) * day)
	}
	return in
}

// Patch changes the settings of a room, tells its members, and returns it.
//
// Errors: CodeNotFound, CodeForbidden as [Access.May].
func (c *Changer) Patch(ctx context.Context, by chat.UserID, in PatchRoom) (Listed, error) {
	right := Govern
	if in.Name == nil && in.Retention == nil {
		right = SlowDown
	}
	access, err := c.membership.May(ctx, by, in.Room, right)
	if err != nil {
		return Listed{}, err
	}
	is := *access.Room
	if in.Name != nil {
		is.Name = *in.Name
	}
	if in.SlowMode != nil {
		is.SlowMode = *in.SlowMode
	}
	if in.Retention != nil {
		is.Retention = *in.Retention
	}
	if is != *access.Room {
		if err := c.patch(ctx, by, in); err != nil {
			return Listed{}, err
		}
		c.announce(ctx, is)
	}
	return c.list(ctx, is, *access.Member)
}

// patch records the deed, then stores what is to change: whoever dies between the two leaves nothing unrecorded.
func (c *Changer) patch(ctx context.Context, by chat.UserID, in PatchRoom) error {
	err := c.store.Record(ctx, Deed{
		Room: in.Room, At: chat.Millis(c.opts.Now()), By: by, Action: DeedSettings, Key: DeedSettings + "#" + string(by),
	})
	if err != nil {
		return chat.Wrap("record", err)
	}
	found, err := c.store.ChangeRoom(ctx, in)
	if err == nil && !found { // deleted meanwhile
		return errNoRoom()
	}
	return chat.Wrap("change room", err)
}

// Settings keeps the settings of rooms, and who gets a room.
type Settings interface {
	// ChangeRoom stores what is to change of a room's settings. It reports whether there is such a room.
	ChangeRoom(ctx context.Context, p PatchRoom) (found bool, err error)
	// ListenersOf returns the connections that get the room; none where there are more than limit.
	ListenersOf(ctx context.Context, room chat.RoomID, limit int) ([]chat.ConnectionID, error)
}

// Unread counts entries of others that a member has not read, up to where the room is: 0–100, 100 for that many or more.
type Unread func(ctx context.Context, room Room, user chat.UserID, read, last chat.EntryID) (int, error)

// announce tells all who get the room now, if they are not very many, what has become of it.
func (c *Changer) announce(ctx context.Context, room Room) {
	ids, err := c.store.ListenersOf(ctx, room.ID, announceTo)
	if err != nil { // it can be asked for too
		return
	}
	c.opts.Teller.Tell(ctx, ids, c.opts.Frames.Room(Listed{Room: room}))
}
