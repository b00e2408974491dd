package rooms

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

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

// JoinAll joins the rooms side by side, each as [Joiner.Join] does, and returns what has become of them, in their order.
func (j *Joiner) JoinAll(ctx context.Context, caller chat.Caller, in JoinRooms) ([]RoomJoined, error) {
	all, at := make([]RoomJoined, len(in.Rooms)), make([]int, len(in.Rooms))
	for i := range at {
		at[i] = i
	}
	err := chat.ForEach(ctx, at, maxJoins, func(ctx context.Context, i int) error {
		page, err := j.Join(ctx, caller, in.Rooms[i])
		all[i] = RoomJoined{Room: in.Rooms[i].Room, Page: page, Err: err}
		return nil
	})
	return all, err
}
