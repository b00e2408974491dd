package rooms

import (
	"context"

	"serverlesschat/internal/chat"
)

// LeaveRoom asks for no more entries of a room.
type LeaveRoom struct {
	Room chat.RoomID
}

// Validate reports the first field that is wrong.
func (in LeaveRoom) Validate() error { return in.Room.Validate() }

// Leave makes the caller's connection get the room no longer; its user stays a member.
func (j *Joiner) Leave(ctx context.Context, caller chat.Caller, in LeaveRoom) (chat.RoomID, error) {
	return in.Room, chat.Wrap("unsubscribe", j.subscriptions.Unsubscribe(ctx, caller.Connection.ID, in.Room))
}
