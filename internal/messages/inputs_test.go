package messages_test

import (
	"errors"
	"strings"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/wire"
)

// reader reads the fields of an action.
type reader func(*chat.Fields)

func reads[In any](read func(*chat.Fields) In) reader { return func(f *chat.Fields) { read(f) } }

// TestInputs goes through the rules of each input. A row's fields are JSON without its braces.
func TestInputs(t *testing.T) {
	send, join, leave := reads(messages.ReadSendMessage), reads(rooms.ReadJoinRoom), reads(rooms.ReadLeaveRoom)
	sync, page, ping := reads(messages.ReadSync), reads(messages.ReadHistory), reads(rooms.ReadPing)
	list := func(n int) string { return strings.TrimSuffix(strings.Repeat(`"r",`, n), ",") }
	for _, c := range []struct {
		name   string
		read   reader
		fields string
		wrong  string
	}{
		{"send", send, `"room_id":"r","content":"hi","client_message_id":"1"`, ""},
		{"send without room", send, `"room_id":"","content":"hi","client_message_id":"1"`, "room_id"},
		{"send without id", send, `"room_id":"r","content":"hi","client_message_id":""`, "client_message_id"},
		{"send without content", send, `"room_id":"r","content":"","client_message_id":"1"`, "content"},
		{"two faults: the first is reported", send, `"room_id":"r","content":"","client_message_id":""`, "content"},
		{"join", join, `"room_id":"r"`, ""},
		{"join after 0", join, `"room_id":"r","after_id":0`, ""},
		{"join after -1", join, `"room_id":"r","after_id":-1`, "after_id"},
		{"join nothing", join, `"room_id":""`, "room_id"},
		{"leave", leave, `"room_id":"r"`, ""},
		{"leave nothing", leave, `"room_id":""`, "room_id"},
		{"sync", sync, `"room_id":"r","after_id":0,"limit":1`, ""},
		{"sync to the limit", sync, `"room_id":"r","after_id":7,"limit":100`, ""},
		{"sync over the limit", sync, `"room_id":"r","after_id":7,"limit":101`, "limit"},
		{"sync nothing", sync, `"room_id":"r","after_id":7,"limit":0`, "limit"},
		{"sync after -1", sync, `"room_id":"r","after_id":-1,"limit":1`, "after_id"},
		{"sync without room", sync, `"room_id":"","after_id":0,"limit":1`, "room_id"},
		{"newest page", page, `"room_id":"r","limit":1`, ""},
		{"page after", page, `"room_id":"r","after":0,"limit":100`, ""},
		{"page before", page, `"room_id":"r","before":1,"limit":100`, ""},
		{"page after -1", page, `"room_id":"r","after":-1,"limit":1`, "after"},
		{"page before 0", page, `"room_id":"r","before":0,"limit":1`, "before"},
		{"page after and before", page, `"room_id":"r","after":1,"before":9,"limit":1`, "before"},
		{"page of none", page, `"room_id":"r","limit":0`, "limit"},
		{"page of too many", page, `"room_id":"r","limit":101`, "limit"},
		{"page of no room", page, `"limit":1`, "room_id"},
		{"page that waits", page, `"room_id":"r","wait":20`, "wait"},
		{"ping", ping, `"x":1`, ""},
		{"ping 10 rooms", ping, `"room_ids":[` + list(10) + `]`, ""},
		{"ping a room of the server's", ping, `"room_ids":["p.1"]`, ""},
		{"ping 11 rooms", ping, `"room_ids":[` + list(11) + `]`, "room_ids"},
		{"ping a bad room", ping, `"room_ids":["a b"]`, "room_ids"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := wire.ParseRequest([]byte(`{"action":"x",` + c.fields + `}`))
			if err != nil {
				t.Fatal(err)
			}
			f := r.Fields()
			c.read(f)
			field := ""
			if e, ok := errors.AsType[*chat.Error](f.Err()); ok && e.Code == chat.CodeInvalid {
				field = e.Field
			}
			if field != c.wrong || (f.Err() == nil) != (field == "") {
				t.Errorf("got %v, want %s with field %q", f.Err(), chat.CodeInvalid, c.wrong)
			}
		})
	}
}
