package rooms

import (
	"time"

	"serverlesschat/internal/chat"
)

// Right is what somebody may do in a room.
type Right int

// All that rights are needed for.
const (
	See       Right = iota // know that the room exists, and its name and kind
	Join                   // come in by oneself
	Read                   // entries, receipts, who is present
	Mark                   // tell what one has got and read
	Send                   // messages, edits of own ones, reactions; tell that one types
	DeleteOwn              // delete an own message
	DeleteAny              // delete anybody's message
	Leave                  // go by oneself
	Add                    // bring somebody into the room
	Moderate               // remove, ban, unban, mute and unmute members
	SlowDown               // set the slow mode
	SkipSlow               // write without heeding the slow mode
	Govern                 // change roles; rename; set the retention; delete the room; see what moderators did
	rightCount
)

// standing is what a user is to a room.
type standing int

const (
	stranger standing = iota // to a public room
	banned                   // from a public room
	outsider                 // of a private or a direct room, or of one that is not there
	peer                     // one of the two of a direct room
	parted                   // one of the two, of whom one blocks the other
	muted                    // a member who may say nothing at the moment
	member                   // an ordinary one
	moderator
	owner
	standingCount
)

// rights is the one place where rights are decided: what each standing may do. What is not in it is refused.
var rights = [standingCount][rightCount]bool{
	stranger: {See: true, Join: true},
	banned:   {See: true},
	outsider: {},
	peer:     {See: true, Read: true, Mark: true, Send: true, DeleteOwn: true},
	parted:   {See: true, Read: true, Mark: true, DeleteOwn: true},
	muted:    {See: true, Read: true, Mark: true, DeleteOwn: true, Leave: true},
	member:   {See: true, Read: true, Mark: true, DeleteOwn: true, Leave: true, Send: true},
	moderator: {
		See: true, Read: true, Mark: true, DeleteOwn: true, Leave: true, Send: true,
		DeleteAny: true, Add: true, Moderate: true, SlowDown: true, SkipSlow: true,
	},
	owner: {
		See: true, Read: true, Mark: true, DeleteOwn: true, Leave: true, Send: true,
		DeleteAny: true, Add: true, Moderate: true, SlowDown: true, SkipSlow: true, Govern: true,
	},
}

// standing returns what the user is to the room.
func (a Access) standing() standing {
	switch {
	case a.IsIn():
		return a.memberStanding()
	case a.Room == nil || a.Room.Kind != KindPublic:
		return outsider
	case a.Member != nil && a.Member.State == StateBanned:
		return banned
	}
	return stranger
}

// memberStanding is standing for who is in the room. A mute goes before the role of a moderator, who could take it back;
// nobody can mute an owner.
func (a Access) memberStanding() standing {
	switch {
	case a.Room.Kind == KindDirect && a.Room.Blocked:
		return parted
	case a.Room.Kind == KindDirect:
		return peer
	case a.Member.Role == chat.RoleOwner:
		return owner
	case a.Member.isMutedAt(a.At):
		return muted
	case a.Member.Role == chat.RoleModerator:
		return moderator
	}
	return member
}

// May returns nil if the user has the right.
//
// Errors: CodeNotFound for a room that the user may not know of, the same whether it is there or not; else CodeForbidden.
func (a Access) May(r Right) error {
	s := a.standing()
	if rights[s][r] {
		return nil
	}
	switch {
	case !rights[s][See]:
		return errNoRoom()
	case s == stranger:
		return chat.Errorf(chat.CodeForbidden, "join the room first")
	case s == banned:
		return chat.Errorf(chat.CodeForbidden, "you are banned from this room")
	case s == muted && r == Send:
		return chat.Errorf(chat.CodeForbidden, "you are muted until %s", a.Member.MutedUntil.UTC().Format(time.RFC3339))
	case s == parted && r == Send:
		return ErrBlocked
	case s == peer || s == parted:
		return chat.Errorf(chat.CodeForbidden, "a direct room is for its two users, as it is")
	}
	return chat.Errorf(chat.CodeForbidden, "your role in this room does not allow it")
}

// mayOn returns nil if the user may use the right on another member, whose role is given: a moderator on those without
// a role of their own, an owner on everybody but owners.
func (a Access) mayOn(r Right, of chat.Role) error {
	if err := a.May(r); err != nil {
		return err
	}
	if of == chat.RoleOwner || of == chat.RoleModerator && a.standing() != owner {
		return chat.Errorf(chat.CodeForbidden, "your role in this room does not allow it")
	}
	return nil
}

// errNoRoom is the answer to whoever asks for a room that is not there, or that one may not know of.
func errNoRoom() error { return chat.Errorf(chat.CodeNotFound, "there is no such room") }
