package wire

import (
	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

// room is how a room is shown to one of its members.
type room struct {
	RoomID        chat.RoomID  `json:"room_id"`
	Name          string       `json:"name"`
	Kind          rooms.Kind   `json:"kind"`
	Role          chat.Role    `json:"role,omitempty"`
	SlowModeS     int64        `json:"slow_mode_s"`
	RetentionDays int64        `json:"retention_days"`
	LastID        chat.EntryID `json:"last_id"`
	ReadID        chat.EntryID `json:"read_id"`
	Unread        int          `json:"unread"`
}

const secondsPerDay = 24 * 60 * 60

func showRoom(r rooms.Listed) room {
	return room{
		RoomID: r.ID, Name: r.Name, Kind: r.Kind, Role: r.Role, SlowModeS: int64(r.SlowMode.Seconds()),
		RetentionDays: int64(r.Retention.Seconds()) / secondsPerDay, LastID: r.LastID, ReadID: r.ReadID, Unread: r.Unread,
	}
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
