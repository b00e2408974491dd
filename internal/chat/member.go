package chat

import "strconv"

// MemberChange is what happened to a member of a room, as an entry of KindMember tells it.
type MemberChange string

// The changes of members.
const (
	MemberJoined   MemberChange = "joined"
	MemberLeft     MemberChange = "left" // by itself
	MemberRemoved  MemberChange = "removed"
	MemberBanned   MemberChange = "banned"
	MemberUnbanned MemberChange = "unbanned"
	MemberMuted    MemberChange = "muted"
	MemberUnmuted  MemberChange = "unmuted"
	MemberRole     MemberChange = "role"   // it has another role from then on
	MemberErased   MemberChange = "erased" // all that it wrote has gone
)

// Role is what a member may do in a room. It is empty where there are no roles.
type Role string

// The roles.
const (
	RoleOwner     Role = "owner"
	RoleModerator Role = "moderator"
	RoleMember    Role = "member"
)

// MemberEntryID returns what the entry of a change of a member is called, by whomever it is written: v is the version of
// the member's row that the change has made, so it stands for one change. It may have more than the 64 characters of a
// client's ids.
func MemberEntryID(subject UserID, v int64) ClientMessageID {
	return ClientMessageID("!" + string(subject) + "." + strconv.FormatInt(v, 10))
}

// ErasedEntryID returns what the entry is called that tells a room of a user's erasure. There is one in each room.
func ErasedEntryID(subject UserID) ClientMessageID {
	return ClientMessageID("!" + string(subject) + ".erased")
}

// PseudonymousEntryID returns what an entry of an erased user is called: what the user has called it may say anything.
func PseudonymousEntryID(pseudonym UserID, id EntryID) ClientMessageID {
	return ClientMessageID(string(pseudonym) + "." + strconv.FormatInt(int64(id), 10))
}

// ClaimOwner returns the user under whom the claim of the entry lies. It is who wrote the entry; of a member entry it is
// the subject, whom the entry is about: whoever erases a user finds all that tells of the user.
func (e NewEntry) ClaimOwner() UserID {
	if e.Kind == KindMember {
		return e.Subject
	}
	return e.User
}
