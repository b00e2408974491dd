package wire

import (
	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

// room is how a room is shown: to a member, with where that one is; to others, and where it is for all, without.
type room struct {
	RoomID        chat.RoomID `json:"room_id"`
	Name          string      `json:"name"`
	Kind          rooms.Kind  `json:"kind"`
	Role          chat.Role   `json:"role,omitempty"`
	SlowModeS     int64       `json:"slow_mode_s"`
	RetentionDays int64       `json:"retention_days"`
	*standing
}

// standing is where a member is in a room.
type standing struct {
	LastID chat.EntryID `json:"last_id"`
	ReadID chat.EntryID `json:"read_id"`
	Unread int          `json:"unread"`
}

const secondsPerDay = 24 * 60 * 60

func showRoom(r rooms.Listed) room {
	shown := room{
		RoomID: r.ID, Name: r.Name, Kind: r.Kind, Role: r.Role, SlowModeS: int64(r.SlowMode.Seconds()),
		RetentionDays: int64(r.Retention.Seconds()) / secondsPerDay,
	}
	if r.IsMember {
		shown.standing = &standing{LastID: r.LastID, ReadID: r.ReadID, Unread: r.Unread}
	}
	return shown
}

// RoomChanged returns the frame that tells a user of a room that the user is in now, or that has changed.
func RoomChanged(r rooms.Listed) []byte {
	return encode(struct {
		Type string `json:"type"`
		Room room   `json:"room"`
	}{"room", showRoom(r)})
}

// Removed returns the frame that says that the connection gets a room no longer, and why.
func Removed(room chat.RoomID, reason rooms.Reason) []byte {
	return encode(struct {
		Type   string       `json:"type"`
		RoomID chat.RoomID  `json:"room_id"`
		Reason rooms.Reason `json:"reason"`
	}{"removed", room, reason})
}

// Room returns the body that shows one room.
func Room(r rooms.Listed) []byte { return encode(showRoom(r)) }

// Rooms returns the body of GET /rooms.
func Rooms(list []rooms.Listed, next string) []byte {
	shown := make([]room, len(list))
	for i, r := range list {
		shown[i] = showRoom(r)
	}
	return encode(struct {
		Rooms []room `json:"rooms"`
		Next  string `json:"next,omitempty"`
	}{shown, chat.NextCursor(next)})
}

// member is how a member is shown to the others.
type member struct {
	UserID      chat.UserID `json:"user_id"`
	DisplayName string      `json:"display_name"`
	Role        chat.Role   `json:"role,omitempty"`
	MutedUntil  string      `json:"muted_until,omitempty"`
	Banned      bool        `json:"banned,omitempty"`
	JoinedAt    string      `json:"joined_at,omitempty"`
}

func showMember(m rooms.Member) member {
	shown := member{UserID: m.User, DisplayName: string(m.User), Role: m.Role, Banned: m.State == rooms.StateBanned}
	if m.State != rooms.StateIn {
		shown.Role = ""
	} else {
		shown.JoinedAt = showTime(m.JoinedAt)
	}
	if !m.MutedUntil.IsZero() {
		shown.MutedUntil = showTime(m.MutedUntil)
	}
	return shown
}

// Member returns the body that shows one member.
func Member(m rooms.Member) []byte { return encode(showMember(m)) }

// Members returns the body of GET /rooms/{room_id}/members.
func Members(list []rooms.Member, next string) []byte {
	shown := make([]member, len(list))
	for i, m := range list {
		shown[i] = showMember(m)
	}
	return encode(struct {
		Members []member `json:"members"`
		Next    string   `json:"next,omitempty"`
	}{shown, chat.NextCursor(next)})
}

// JoinedEach returns the reply for one of the rooms of a joinRooms: joined, or an error that names the room.
func JoinedEach(requestID string, r rooms.RoomJoined) []byte {
	if r.Err != nil {
		return Error(requestID, chat.InRoom(r.Room, r.Err))
	}
	return Joined(requestID, r.Page)
}

// User returns the body that shows a user.
func User(user chat.UserID, displayName string) []byte {
	return encode(struct {
		UserID      chat.UserID `json:"user_id"`
		DisplayName string      `json:"display_name"`
	}{user, displayName})
}

// deed is how a deed is shown.
type deed struct {
	At       string       `json:"at"`
	UserID   chat.UserID  `json:"user_id"`
	Action   string       `json:"action"`
	Subject  chat.UserID  `json:"subject,omitempty"`
	TargetID chat.EntryID `json:"target_id,omitempty"`
}

// Deeds returns the body of GET /rooms/{room_id}/audit.
func Deeds(list []rooms.Deed, next string) []byte {
	shown := make([]deed, len(list))
	for i, d := range list {
		shown[i] = deed{showTime(d.At), d.By, d.Action, d.Subject, d.Target}
	}
	return encode(struct {
		Audit []deed `json:"audit"`
		Next  string `json:"next,omitempty"`
	}{shown, chat.NextCursor(next)})
}

// Degraded returns the frame that says what a room has grown too large for.
func Degraded(room chat.RoomID, lacks []rooms.Feature) []byte {
	if lacks == nil {
		lacks = []rooms.Feature{} // never null
	}
	return encode(struct {
		Type     string          `json:"type"`
		RoomID   chat.RoomID     `json:"room_id"`
		Features []rooms.Feature `json:"features"`
	}{"degraded", room, lacks})
}
