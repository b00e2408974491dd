package wire_test

import (
	"fmt"
	"strings"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/wire"
)

// The frames and bodies of rooms and their members.

func joinRoomsFrames() []clientFrame {
	const begin = `{"action":"joinRooms","request_id":"r-1",`
	list := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(`{"room_id":"r%d"}`, i)
		}
		return strings.Join(all, ",")
	}
	many := rooms.JoinRooms{}
	for i := range 25 {
		many.Rooms = append(many.Rooms, rooms.JoinRoom{Room: chat.RoomID(fmt.Sprint("r", i))})
	}
	return []clientFrame{
		{"two", begin + `"rooms":[{"room_id":"general","after_id":41},{"room_id":"lobby","x":1}]}`, rooms.JoinRooms{
			Rooms: []rooms.JoinRoom{{Room: "general", AfterID: id(41)}, {Room: "lobby"}},
		}},
		{"25", begin + `"rooms":[` + list(25) + `]}`, many},
		{"no rooms", `{"action":"joinRooms","request_id":"r-1"}`, nil},
		{"rooms null", begin + `"rooms":null}`, nil},
		{"rooms empty", begin + `"rooms":[]}`, nil},
		{"26", begin + `"rooms":[` + list(26) + `]}`, nil},
		{"rooms of a wrong type", begin + `"rooms":{"room_id":"general"}}`, nil},
		{"a room of a wrong type", begin + `"rooms":["general"]}`, nil},
		{"a room null", begin + `"rooms":[null]}`, nil},
		{"a room without room_id", begin + `"rooms":[{"after_id":1}]}`, nil},
		{"a bad room_id", begin + `"rooms":[{"room_id":"a b"}]}`, nil},
		{"a room twice", begin + `"rooms":[{"room_id":"general"},{"room_id":"lobby"},{"room_id":"general","after_id":1}]}`, nil},
		{"a bad after_id", begin + `"rooms":[{"room_id":"general","after_id":-1}]}`, nil},
	}
}

func hall() rooms.Room { return rooms.Room{ID: "general", Kind: rooms.KindPublic, Name: "General <1>"} }

func listed() rooms.Listed {
	return rooms.Listed{Room: hall(), IsMember: true, Role: chat.RoleOwner, LastID: 42, ReadID: 40, Unread: 2}
}

func direct() rooms.Listed {
	return rooms.Listed{Room: rooms.Room{ID: "dm.ba5e32", Kind: rooms.KindDirect, Name: "bob"}, IsMember: true}
}

func slow() rooms.Listed {
	r := hall()
	r.SlowMode, r.Retention = 10*time.Second, 30*24*time.Hour
	return rooms.Listed{Room: r}
}

func roomFrames() []goldenCase {
	return []goldenCase{
		{name: "member", frame: wire.RoomChanged(listed())},
		{name: "direct", frame: wire.RoomChanged(direct())},
		{name: "settings", frame: wire.RoomChanged(slow())},
	}
}

func removedFrames() []goldenCase {
	var cases []goldenCase
	for _, reason := range []rooms.Reason{rooms.ReasonRemoved, rooms.ReasonBanned, rooms.ReasonLeft, rooms.ReasonDeleted} {
		cases = append(cases, goldenCase{name: string(reason), frame: wire.Removed("general", reason)})
	}
	return cases
}

func roomsBodies() []goldenCase {
	return []goldenCase{
		{name: "none", frame: wire.Rooms(nil, "")},
		{name: "a page", frame: wire.Rooms([]rooms.Listed{listed(), direct()}, "general")},
	}
}

func oneRoomBodies() []goldenCase {
	return []goldenCase{{name: "own", frame: wire.Room(listed())}, {name: "of others", frame: wire.Room(slow())}}
}

func bob(state rooms.State) rooms.Member {
	return rooms.Member{
		Room: "general", User: "bob", State: state, Role: chat.RoleMember, Version: 3,
		JoinedAt: time.Date(2026, 11, 23, 12, 0, 0, 123_000_000, time.UTC),
	}
}

func memberBodies() []goldenCase {
	muted := bob(rooms.StateIn)
	muted.MutedUntil = muted.JoinedAt.Add(time.Hour)
	return []goldenCase{
		{name: "in", frame: wire.Member(bob(rooms.StateIn))},
		{name: "muted", frame: wire.Member(muted)},
		{name: "banned", frame: wire.Member(bob(rooms.StateBanned))},
		{name: "out", frame: wire.Member(bob(rooms.StateOut))},
	}
}

func membersBodies() []goldenCase {
	return []goldenCase{
		{name: "none", frame: wire.Members(nil, "")},
		{name: "a page", frame: wire.Members([]rooms.Member{bob(rooms.StateIn)}, "bob")},
	}
}

func deedsBodies() []goldenCase {
	at := time.Date(2026, 11, 23, 12, 0, 0, 123_000_000, time.UTC)
	return []goldenCase{
		{name: "none", frame: wire.Deeds(nil, "")},
		{name: "a page", frame: wire.Deeds([]rooms.Deed{
			{Room: "general", At: at, By: "alice", Action: "banned", Subject: "bob"},
			{Room: "general", At: at, By: "alice", Action: rooms.DeedDelete, Target: 7},
			{Room: "general", At: at, By: "alice", Action: rooms.DeedSettings},
		}, "1795434000123#x")},
	}
}

func degradedFrames() []goldenCase {
	return []goldenCase{
		{name: "small again", frame: wire.Degraded("general", rooms.SizeSmall.Lacks())},
		{name: "large", frame: wire.Degraded("general", rooms.SizeLarge.Lacks())},
		{name: "huge", frame: wire.Degraded("general", rooms.SizeHuge.Lacks())},
	}
}
