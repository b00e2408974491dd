package messages_test

import (
	"errors"
	"fmt"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

func TestInputs(t *testing.T) {
	type input interface{ Validate() error }
	named := func(n int) []chat.RoomID {
		var names []chat.RoomID
		for i := range n {
			names = append(names, chat.RoomID(fmt.Sprint("r", i)))
		}
		return names
	}
	for _, c := range []struct {
		name  string
		in    input
		field string
	}{
		{"send", messages.SendMessage{"r", "hi", "1"}, ""},
		{"send without room", messages.SendMessage{"", "hi", "1"}, "room_id"},
		{"send without id", messages.SendMessage{"r", "hi", ""}, "client_message_id"},
		{"send without content", messages.SendMessage{"r", "", "1"}, "content"},
		{"join", rooms.JoinRoom{Room: "r", AfterID: nil}, ""},
		{"join after 0", rooms.JoinRoom{Room: "r", AfterID: new(chat.EntryID(0))}, ""},
		{"join after -1", rooms.JoinRoom{Room: "r", AfterID: new(chat.EntryID(-1))}, "after_id"},
		{"join nothing", rooms.JoinRoom{Room: "", AfterID: nil}, "room_id"},
		{"leave", rooms.LeaveRoom{Room: "r"}, ""},
		{"leave nothing", rooms.LeaveRoom{Room: ""}, "room_id"},
		{"sync", messages.Sync{"r", 0, 1}, ""},
		{"sync to the limit", messages.Sync{"r", 7, 100}, ""},
		{"sync over the limit", messages.Sync{"r", 7, 101}, "limit"},
		{"sync nothing", messages.Sync{"r", 7, 0}, "limit"},
		{"sync after -1", messages.Sync{"r", -1, 1}, "after_id"},
		{"sync without room", messages.Sync{"", 0, 1}, "room_id"},
		{"newest page", roomlog.Query{Room: "r", Limit: 1}, ""},
		{"page after", roomlog.Query{Room: "r", After: new(chat.EntryID(0)), Limit: 100}, ""},
		{"page before", roomlog.Query{Room: "r", Before: new(chat.EntryID(1)), Limit: 100}, ""},
		{"page after -1", roomlog.Query{Room: "r", After: new(chat.EntryID(-1)), Limit: 1}, "after"},
		{"page before 0", roomlog.Query{Room: "r", Before: new(chat.EntryID(0)), Limit: 1}, "before"},
		{"page after and before", roomlog.Query{Room: "r", After: new(chat.EntryID(1)), Before: new(chat.EntryID(9)), Limit: 1}, "before"},
		{"page of none", roomlog.Query{Room: "r", Limit: 0}, "limit"},
		{"page of too many", roomlog.Query{Room: "r", Limit: 101}, "limit"},
		{"page of no room", roomlog.Query{Limit: 1}, "room_id"},
		{"ping", rooms.Ping{}, ""},
		{"ping 10 rooms", rooms.Ping{Rooms: named(10)}, ""},
		{"ping 11 rooms", rooms.Ping{Rooms: named(11)}, "room_ids"},
		{"ping a bad room", rooms.Ping{Rooms: []chat.RoomID{"a b"}}, "room_ids"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.in.Validate()
			field := ""
			if e, ok := errors.AsType[*chat.Error](err); ok && e.Code == chat.CodeInvalid {
				field = e.Field
			}
			if field != c.field || (err == nil) != (field == "") {
				t.Errorf("got %v, want %s with field %q", err, chat.CodeInvalid, c.field)
			}
		})
	}
}
