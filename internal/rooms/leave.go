package rooms

import (
	"context"

	"serverlesschat/internal/chat"
)

// LeaveRoom asks for no more entries of a room.
type LeaveRoom struct {
	Room chat.RoomID
}

// ReadLeaveRoom reads the fields of the action leaveRoom.
func ReadLeaveRoom(f *chat.Fields) LeaveRoom { return LeaveRoom{Room: f.Room()} }

// Leave makes the caller's connection get the room no longer; its user stays a member.
func (j *Joiner) Leave(ctx context.Context, caller chat.Caller, in LeaveRoom) (chat.RoomID, error) {
	return in.Room, chat.Wrap("unsubscribe", j.subscriptions.Unsubscribe(ctx, caller.Connection.ID, in.Room))
}
