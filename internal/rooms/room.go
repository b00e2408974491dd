package rooms

import (
	"time"

	"serverlesschat/internal/chat"
)

// Kind says who may find a room and come in.
type Kind string

// The kinds of rooms.
const (
	KindPublic  Kind = "public"  // everybody sees it and may join
	KindPrivate Kind = "private" // nobody knows of it but who is in it; members are added
	KindDirect  Kind = "direct"  // of two users, for good; neither has a role
)

// Room is a room's settings.
type Room struct {
	ID        chat.RoomID
	Kind      Kind
	Name      string
	SlowMode  time.Duration // between two messages of a member, whole seconds; 0 for none
	Retention time.Duration // how long an entry is kept, whole days; 0 for ever
	Size      Size
	Blocked   bool // a direct room in which one user blocks the other
}

// State says whether a user is in a room.
type State string

// The states of members.
const (
	StateIn     State = "in"
	StateOut    State = "out"
	StateBanned State = "banned" // and may not come in
	StateErased State = "erased" // the user is being erased; nothing changes the row any more
)

// Member is what is kept of a user in a room, also after the user has left.
type Member struct {
	Room       chat.RoomID
	User       chat.UserID
	State      State
	Role       chat.Role // empty in a direct room
	MutedUntil time.Time // zero for never
	JoinedAt   time.Time
	ReadID     chat.EntryID // all up to here has been read; where the room was when the user came in
	// DeliveredID is up to where all has been delivered, where that is further than ReadID.
	DeliveredID chat.EntryID
	// Version counts the changes of the row, from 1. A subscription has the version of the time of its joining.
	Version int64
	// Pending is the last change as long as it is not finished: not all are told of it, or what it ends has not ended. nil
	// when there is nothing to finish.
	Pending *Pending
}

// Pending is a change of a member that is still to be finished.
type Pending struct {
	Change chat.MemberChange
	By     chat.UserID // who made it
	At     time.Time   // when
	Silent bool        // no entry tells of it
}

// isMutedAt reports whether the member may say nothing at a time.
func (m Member) isMutedAt(at time.Time) bool { return at.Before(m.MutedUntil) }

// Access is what decides a user's rights in a room, all of it read consistently.
type Access struct {
	Room   *Room     // nil when there is no such room, or it is deleted
	Member *Member   // nil when the user has never been in it
	At     time.Time // when it was read
}

// IsIn reports whether the user is a member of the room now.
func (a Access) IsIn() bool { return a.Room != nil && a.Member != nil && a.Member.State == StateIn }
