package wire_test

import (
	"reflect"
	"strings"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/wire"
)

// clientFrame is a frame and what it is read as; nil when it is refused.
type clientFrame struct {
	name, frame string
	want        any
}

// clientFrames are frames of clients, by their action.
func clientFrames() map[string][]clientFrame {
	return map[string][]clientFrame{
		"sendMessage":   sendMessageFrames(),
		"editMessage":   editMessageFrames(),
		"deleteMessage": deleteMessageFrames(),
		"react":         reactFrames(),
		"joinRoom":      joinRoomFrames(),
		"joinRooms":     joinRoomsFrames(),
		"leaveRoom":     leaveRoomFrames(),
		"sync":          syncFrames(),
		"authenticate":  authenticateFrames(),
		"ping":          pingFrames(),
		"markDelivered": markDeliveredFrames(),
		"markRead":      markReadFrames(),
		"typing":        typingFrames(),
	}
}

func sendMessageFrames() []clientFrame {
	const begin = `{"action":"sendMessage","request_id":"r-1",`
	long := strings.Repeat("a", 4001)
	hi := messages.SendMessage{Room: "general", Content: "hi", ClientMessageID: "6f1c"}
	unicode := hi
	unicode.Content = "Grüße 😀 <b>&\u2028\n\"\\"
	return []clientFrame{
		{"all fields", begin + `"room_id":"general","content":"hi","client_message_id":"6f1c"}`, hi},
		{"without request_id",
			`{"action":"sendMessage","room_id":"general","content":"hi","client_message_id":"6f1c"}`, hi},
		{"unknown fields", begin + `"room_id":"general","content":"hi","client_message_id":"6f1c","reply_to":7}`, hi},
		{"unicode",
			begin + `"room_id":"general","content":"Grüße 😀 <b>&\u2028\n\"\\","client_message_id":"6f1c"}`, unicode},
		{"no room_id", begin + `"content":"hi","client_message_id":"6f1c"}`, nil},
		{"room_id of a wrong type", begin + `"room_id":1,"content":"hi","client_message_id":"6f1c"}`, nil},
		{"room_id of wrong characters", begin + `"room_id":"a b","content":"hi","client_message_id":"6f1c"}`, nil},
		{"room_id too long",
			begin + `"room_id":"` + long[:65] + `","content":"hi","client_message_id":"6f1c"}`, nil},
		{"room_id reserved", begin + `"room_id":"me","content":"hi","client_message_id":"6f1c"}`, nil},
		{"no content", begin + `"room_id":"general","client_message_id":"6f1c"}`, nil},
		{"content null", begin + `"room_id":"general","content":null,"client_message_id":"6f1c"}`, nil},
		{"content empty", begin + `"room_id":"general","content":"","client_message_id":"6f1c"}`, nil},
		{"content of a wrong type", begin + `"room_id":"general","content":["hi"],"client_message_id":"6f1c"}`, nil},
		{"content too long", begin + `"room_id":"general","content":"` + long + `","client_message_id":"6f1c"}`, nil},
		{"no client_message_id", begin + `"room_id":"general","content":"hi"}`, nil},
		{"client_message_id empty", begin + `"room_id":"general","content":"hi","client_message_id":""}`, nil},
		{"client_message_id not ASCII", begin + `"room_id":"general","content":"hi","client_message_id":"é"}`, nil},
		{"client_message_id too long",
			begin + `"room_id":"general","content":"hi","client_message_id":"` + long[:65] + `"}`, nil},
		{"client_message_id of the server's kind",
			begin + `"room_id":"general","content":"hi","client_message_id":"!1"}`, nil},
		{"room_id of the server's kind", begin + `"room_id":"p.1","content":"hi","client_message_id":"6f1c"}`,
			messages.SendMessage{Room: "p.1", Content: "hi", ClientMessageID: "6f1c"}},
		{"content that nobody can see",
			begin + `"room_id":"general","content":" \u200b\u2800","client_message_id":"6f1c"}`, nil},
		{"content with a control character",
			begin + `"room_id":"general","content":"a\u0007","client_message_id":"6f1c"}`, nil},
		{"content with half a surrogate pair",
			begin + `"room_id":"general","content":"a\ud83d","client_message_id":"6f1c"}`, nil},
		{"half a surrogate pair in a field that nobody reads",
			begin + `"room_id":"general","content":"hi","client_message_id":"6f1c","x":"\ude00"}`, nil},
	}
}

func joinRoomFrames() []clientFrame {
	const begin = `{"action":"joinRoom","request_id":"r-1",`
	return []clientFrame{
		{"without after_id", begin + `"room_id":"general"}`, rooms.JoinRoom{Room: "general"}},
		{"after_id null", begin + `"room_id":"general","after_id":null}`, rooms.JoinRoom{Room: "general"}},
		{"after_id 0", begin + `"room_id":"general","after_id":0}`, rooms.JoinRoom{Room: "general", AfterID: id(0)}},
		{"after_id", begin + `"room_id":"general","after_id":42}`, rooms.JoinRoom{Room: "general", AfterID: id(42)}},
		{"without request_id", `{"action":"joinRoom","room_id":"general"}`, rooms.JoinRoom{Room: "general"}},
		{"no room_id", begin + `"after_id":42}`, nil},
		{"room_id empty", begin + `"room_id":""}`, nil},
		{"after_id negative", begin + `"room_id":"general","after_id":-1}`, nil},
		{"after_id a fraction", begin + `"room_id":"general","after_id":1.5}`, nil},
		{"after_id a string", begin + `"room_id":"general","after_id":"42"}`, nil},
	}
}

func leaveRoomFrames() []clientFrame {
	return []clientFrame{
		{"all fields", `{"action":"leaveRoom","request_id":"r-1","room_id":"general"}`, rooms.LeaveRoom{Room: "general"}},
		{"without request_id", `{"action":"leaveRoom","room_id":"general"}`, rooms.LeaveRoom{Room: "general"}},
		{"no room_id", `{"action":"leaveRoom","request_id":"r-1"}`, nil},
		{"room_id of wrong characters", `{"action":"leaveRoom","request_id":"r-1","room_id":"a/b"}`, nil},
	}
}

func syncFrames() []clientFrame {
	const begin = `{"action":"sync","request_id":"r-1",`
	return []clientFrame{
		{"all fields", begin + `"room_id":"general","after_id":42,"limit":100}`,
			messages.Sync{Room: "general", AfterID: 42, Limit: 100}},
		{"without limit", begin + `"room_id":"general","after_id":0}`, messages.Sync{Room: "general", Limit: 50}},
		{"limit null", begin + `"room_id":"general","after_id":0,"limit":null}`, messages.Sync{Room: "general", Limit: 50}},
		{"without request_id", `{"action":"sync","room_id":"general","after_id":0,"limit":1}`,
			messages.Sync{Room: "general", Limit: 1}},
		{"no room_id", begin + `"after_id":42}`, nil},
		{"no after_id", begin + `"room_id":"general"}`, nil},
		{"after_id negative", begin + `"room_id":"general","after_id":-1}`, nil},
		{"after_id a word", begin + `"room_id":"general","after_id":"first"}`, nil},
		{"limit 0", begin + `"room_id":"general","after_id":0,"limit":0}`, nil},
		{"limit too large", begin + `"room_id":"general","after_id":0,"limit":101}`, nil},
		{"limit a string", begin + `"room_id":"general","after_id":0,"limit":"50"}`, nil},
	}
}

func authenticateFrames() []clientFrame {
	const begin = `{"action":"authenticate","request_id":"r-1"`
	longest := strings.Repeat("a", 10_240)
	return []clientFrame{
		{"a token", begin + `,"token":"e30.e30.c2ln"}`, connections.Authenticate{Token: "e30.e30.c2ln"}},
		{"as long as it may be", begin + `,"token":"` + longest + `"}`, connections.Authenticate{Token: longest}},
		{"too long", begin + `,"token":"` + longest + `a"}`, nil},
		{"no token", begin + `}`, nil},
		{"an empty token", begin + `,"token":""}`, nil},
		{"a number", begin + `,"token":1}`, nil},
	}
}

// What is wrong with a frame of any action stands here too.
func pingFrames() []clientFrame {
	const begin = `{"action":"ping","request_id":"r-1"`
	return []clientFrame{
		{"without room_ids", begin + `}`, rooms.Ping{}},
		{"room_ids null", begin + `,"room_ids":null}`, rooms.Ping{}},
		{"no rooms", begin + `,"room_ids":[]}`, rooms.Ping{Rooms: []chat.RoomID{}}},
		{"rooms", begin + `,"room_ids":["general","others"]}`, rooms.Ping{Rooms: []chat.RoomID{"general", "others"}}},
		{"without request_id", `{"action":"ping"}`, rooms.Ping{}},
		{"room_ids a string", begin + `,"room_ids":"general"}`, nil},
		{"room_ids of a wrong name", begin + `,"room_ids":["a b"]}`, nil},
		{"too many rooms", begin + `,"room_ids":["a","b","c","d","e","f","g","h","i","j","k"]}`, nil},
		{"a list", `["ping"]`, nil},
		{"null", `null`, nil},
		{"no action", `{"request_id":"r-1"}`, nil},
		{"action a number", `{"action":1,"request_id":"r-1"}`, nil},
		{"request_id a number", `{"action":"ping","request_id":1}`, nil},
		{"request_id empty", `{"action":"ping","request_id":""}`, nil},
		{"request_id not ASCII", `{"action":"ping","request_id":"é"}`, nil},
		{"request_id too long", `{"action":"ping","request_id":"` + strings.Repeat("x", 65) + `"}`, nil},
	}
}

func TestClientFramesAreReadAsEver(t *testing.T) {
	for action, frames := range clientFrames() {
		t.Run(action, func(t *testing.T) {
			var cases []goldenCase
			for _, c := range frames {
				cases = append(cases, goldenCase{name: c.name, frame: []byte(c.frame), rest: outcome(t, c)})
			}
			expectFrames(t, action, cases)
		})
	}
}

// outcome reads a frame as a function does, and returns what the file says of it.
func outcome(t *testing.T, c clientFrame) string {
	t.Helper()
	r, err := wire.ParseRequest([]byte(c.frame))
	var got any
	if err == nil {
		got, err = decodeAction(r)
	}
	if (err == nil) != (c.want != nil) {
		t.Errorf("%s: error %v, want %+v", c.name, err, c.want)
	}
	if err != nil {
		return `,"error":` + string(wire.Error(r.RequestID, err))
	}
	if !reflect.DeepEqual(got, c.want) {
		t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
	}
	return `,"valid":true`
}
