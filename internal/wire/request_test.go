package wire_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/signals"
	"serverlesschat/internal/wire"
)

func TestParseRequest(t *testing.T) {
	long := strings.Repeat("x", 64)
	for name, c := range map[string]struct{ body, action, requestID string }{
		"action alone":           {`{"action":"ping"}`, "ping", ""},
		"with request_id":        {`{"action":"ping","request_id":"r-1"}`, "ping", "r-1"},
		"request_id null":        {`{"action":"ping","request_id":null}`, "ping", ""},
		"longest request_id":     {`{"action":"ping","request_id":"` + long + `"}`, "ping", long},
		"request_id with blanks": {`{"action":"ping","request_id":" \"\\ ~"}`, "ping", ` "\ ~`},
		"unknown fields":         {`{"x":{"action":[1]},"action":"ping","y":null,"":0}`, "ping", ""},
		"blanks around":          {" \t\r\n{\"action\":\"ping\"} \n", "ping", ""},
		"empty action":           {`{"action":""}`, "", ""},
		"names in another case":  {`{"Action":"a","action":"ping","ACTION":"b","Request_ID":"r"}`, "ping", ""},
		"a name twice":           {`{"action":"a","action":"ping"}`, "ping", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := wire.ParseRequest([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if r.Action != c.action || r.RequestID != c.requestID {
				t.Errorf("action %q, request_id %q", r.Action, r.RequestID)
			}
		})
	}
}

func TestBadFrames(t *testing.T) {
	for name, c := range map[string]struct{ body, field, requestID string }{
		"empty":                    {"", "", ""},
		"blank":                    {"  ", "", ""},
		"a word":                   {"hello", "", ""},
		"not closed":               {`{"action":"ping"`, "", ""},
		"single quotes":            {`{'action':'ping'}`, "", ""},
		"a comma too many":         {`{"action":"ping",}`, "", ""},
		"null":                     {"null", "", ""},
		"true":                     {"true", "", ""},
		"a number":                 {"5", "", ""},
		"a string":                 {`"ping"`, "", ""},
		"a list":                   {`[{"action":"ping"}]`, "", ""},
		"two objects":              {`{"action":"ping"}{"action":"ping"}`, "", ""},
		"more behind":              {`{"action":"ping"} x`, "", ""},
		"a byte behind":            {"{\"action\":\"ping\"}\x00", "", ""},
		"too deep":                 {`{"action":"ping","x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, "", ""},
		"no action":                {`{"request_id":"r-1"}`, "action", "r-1"},
		"action null":              {`{"request_id":"r-1","action":null}`, "action", "r-1"},
		"action a number":          {`{"request_id":"r-1","action":1}`, "action", "r-1"},
		"action a list":            {`{"request_id":"r-1","action":["ping"]}`, "action", "r-1"},
		"action in another case":   {`{"request_id":"r-1","Action":"ping"}`, "action", "r-1"},
		"request_id a number":      {`{"action":"ping","request_id":1}`, "request_id", ""},
		"request_id an object":     {`{"action":"ping","request_id":{}}`, "request_id", ""},
		"request_id empty":         {`{"action":"ping","request_id":""}`, "request_id", ""},
		"request_id too long":      {`{"action":"ping","request_id":"` + strings.Repeat("x", 65) + `"}`, "request_id", ""},
		"request_id not ASCII":     {`{"action":"ping","request_id":"é"}`, "request_id", ""},
		"request_id not printable": {`{"action":"ping","request_id":"a\tb"}`, "request_id", ""},
		"request_id with DEL":      {`{"action":"ping","request_id":"\u007f"}`, "request_id", ""},
		"request_id of the server": {`{"action":"ping","request_id":"!1"}`, "request_id", ""},
		"request_id not UTF-8":     {"{\"action\":\"ping\",\"request_id\":\"\xff\"}", "request_id", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := wire.ParseRequest([]byte(c.body))
			expectField(t, err, c.field)
			if r.RequestID != c.requestID {
				t.Errorf("request_id %q, want %q", r.RequestID, c.requestID)
			}
		})
	}
}

// request parses a frame that must be good so far.
func request(t testing.TB, body string) wire.Request {
	t.Helper()
	r, err := wire.ParseRequest([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// readers returns, for each action, what its function reads the fields with.
func readers() map[string]func(*chat.Fields) any {
	return map[string]func(*chat.Fields) any{
		"sendMessage":   func(f *chat.Fields) any { return messages.ReadSendMessage(f) },
		"editMessage":   func(f *chat.Fields) any { return messages.ReadEditMessage(f) },
		"deleteMessage": func(f *chat.Fields) any { return messages.ReadDeleteMessage(f) },
		"react":         func(f *chat.Fields) any { return messages.ReadReact(f) },
		"joinRoom":      func(f *chat.Fields) any { return rooms.ReadJoinRoom(f) },
		"joinRooms":     func(f *chat.Fields) any { return rooms.ReadJoinRooms(f) },
		"leaveRoom":     func(f *chat.Fields) any { return rooms.ReadLeaveRoom(f) },
		"sync":          func(f *chat.Fields) any { return messages.ReadSync(f) },
		"markDelivered": func(f *chat.Fields) any { return receipts.ReadMarkDelivered(f) },
		"markRead":      func(f *chat.Fields) any { return receipts.ReadMarkRead(f) },
		"typing":        func(f *chat.Fields) any { return signals.ReadTyping(f) },
		"authenticate":  func(f *chat.Fields) any { return connections.ReadAuthenticate(f) },
		"ping":          func(f *chat.Fields) any { return rooms.ReadPing(f) },
	}
}

// decodeAction reads the fields of r's action, as the function does.
func decodeAction(r wire.Request) (any, error) {
	read, ok := readers()[r.Action]
	if !ok {
		return nil, fmt.Errorf("nothing reads %s: add its reader to the function readers", r.Action)
	}
	f := r.Fields()
	in := read(f)
	return in, f.Err()
}

func TestGoodFields(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want any
	}{
		"sendMessage": {`{"action":"sendMessage","room_id":"general","content":"hi","client_message_id":"6f1c","x":1}`,
			messages.SendMessage{Room: "general", Content: "hi", ClientMessageID: "6f1c"}},
		"joinRoom":             {`{"action":"joinRoom","room_id":"general"}`, rooms.JoinRoom{Room: "general"}},
		"joinRoom, after null": {`{"action":"joinRoom","room_id":"general","after_id":null}`, rooms.JoinRoom{Room: "general"}},
		"joinRoom, after":      {`{"action":"joinRoom","room_id":"general","after_id":7}`, rooms.JoinRoom{Room: "general", AfterID: id(7)}},
		"joinRoom, after 0":    {`{"action":"joinRoom","room_id":"general","after_id":0}`, rooms.JoinRoom{Room: "general", AfterID: id(0)}},
		"joinRoom, after -0":   {`{"action":"joinRoom","room_id":"general","after_id":-0}`, rooms.JoinRoom{Room: "general", AfterID: id(0)}},
		"leaveRoom":            {`{"action":"leaveRoom","room_id":"general"}`, rooms.LeaveRoom{Room: "general"}},
		"sync":                 {`{"action":"sync","room_id":"general","after_id":7}`, messages.Sync{Room: "general", AfterID: 7, Limit: 50}},
		"sync, largest": {`{"action":"sync","room_id":"general","after_id":9223372036854775807,"limit":100}`,
			messages.Sync{Room: "general", AfterID: 1<<63 - 1, Limit: 100}},
		"sync, limit null": {`{"action":"sync","room_id":"general","after_id":0,"limit":null}`, messages.Sync{Room: "general", Limit: 50}},
		"ping":             {`{"action":"ping"}`, rooms.Ping{}},
		"ping, null":       {`{"action":"ping","room_ids":null}`, rooms.Ping{}},
		"ping, none":       {`{"action":"ping","room_ids":[]}`, rooms.Ping{Rooms: []chat.RoomID{}}},
		"ping, rooms":      {`{"action":"ping","room_ids":["a","b"]}`, rooms.Ping{Rooms: []chat.RoomID{"a", "b"}}},
		"another case beside": {`{"action":"joinRoom","ROOM_ID":"other","room_id":"general","After_ID":5}`,
			rooms.JoinRoom{Room: "general"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decodeAction(request(t, c.body))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestBadFields(t *testing.T) {
	elevenRooms := `["` + strings.Join(strings.Split("abcdefghijk", ""), `","`) + `"]`
	type field struct{ name, value string }
	good := map[string][]field{
		"sendMessage": {{"room_id", `"general"`}, {"content", `"hi"`}, {"client_message_id", `"6f1c"`}},
		"joinRoom":    {{"room_id", `"general"`}, {"after_id", "7"}},
		"leaveRoom":   {{"room_id", `"general"`}},
		"sync":        {{"room_id", `"general"`}, {"after_id", "7"}, {"limit", "50"}},
		"ping":        {{"room_ids", `["general"]`}},
	}
	badNames := []string{"1", "true", `["general"]`, `{"room_id":"general"}`, `""`, `"a b"`, `"a/b"`, `"é"`, `"."`, `".."`, `"me"`,
		`"ann@home"`, `"` + strings.Repeat("x", 65) + `"`}
	badIntegers := []string{`"1"`, "1.0", "1.5", "1e3", "1E3", "-1", "9223372036854775808", "-9223372036854775809", "true", "[1]", "{}", `""`}
	bad := map[string][]string{
		"room_id":           badNames,
		"content":           {"1", "false", `["hi"]`, "{}", `""`},
		"client_message_id": {"1", "[]", `""`, `"é"`, `"!1"`, `"a\nb"`, `"` + strings.Repeat("x", 65) + `"`},
		"after_id":          badIntegers,
		"limit":             append([]string{"0", "101", "4294967346"}, badIntegers...),
		"room_ids":          {`"general"`, "1", "{}", `{"0":"general"}`, "[1]", "[null]", `["a b"]`, `[""]`, `[["a"]]`, elevenRooms},
	}
	required := map[string]bool{"room_id": true, "content": true, "client_message_id": true}
	for action, fields := range good {
		for _, wrong := range fields {
			values := bad[wrong.name]
			if required[wrong.name] || action == "sync" && wrong.name == "after_id" {
				values = append([]string{"null", "absent", "in another case"}, values...)
			}
			for _, value := range values {
				body := `{"action":"` + action + `"`
				for _, f := range fields {
					switch {
					case f.name != wrong.name:
						body += `,"` + f.name + `":` + f.value
					case value == "in another case":
						body += `,"` + strings.ToUpper(f.name) + `":` + f.value
					case value != "absent":
						body += `,"` + f.name + `":` + value
					}
				}
				t.Run(action+"/"+wrong.name+"/"+value, func(t *testing.T) {
					in, err := decodeAction(request(t, body+"}"))
					if expectField(t, err, wrong.name); t.Failed() {
						t.Logf("%s was read as %+v", body, in)
					}
				})
			}
		}
	}
}

// A room that the server has named is a room like others: whether it is there its members alone learn.
func TestNamesOfTheServerAreTaken(t *testing.T) {
	for _, fields := range []string{
		`"action":"joinRoom"`, `"action":"leaveRoom"`, `"action":"sync","after_id":0`,
		`"action":"sendMessage","content":"hi","client_message_id":"1"`,
	} {
		for _, room := range []string{"p.1", "dm.ann.bob"} {
			if _, err := decodeAction(request(t, `{"room_id":"`+room+`",`+fields+`}`)); err != nil {
				t.Errorf("%s with %s: %v", fields, room, err)
			}
		}
	}
	if _, err := readHistory("p.1", nil); err != nil {
		t.Errorf("history: %v", err)
	}
}

func TestContentIsCountedInCharacters(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		want    chat.Code
	}{
		"4,000 of four bytes": {strings.Repeat("😀", 4000), ""},
		"4,001 of one byte":   {strings.Repeat("a", 4001), chat.CodeTooLarge},
		"2,000 pairs":         {strings.Repeat("e\u0301", 2000), ""},
		"not UTF-8":           {"\xff", ""}, // what a frame holds that is no UTF-8 is read as U+FFFD
	} {
		t.Run(name, func(t *testing.T) {
			body := `{"action":"sendMessage","room_id":"r","client_message_id":"c","content":"` + c.content + `"}`
			_, err := decodeAction(request(t, body))
			if chat.CodeOf(err) != c.want {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestRoomLabelIsAValidNameOrNothing(t *testing.T) {
	for body, want := range map[string]string{
		`{"action":"x","room_id":"general"}`:      "general",
		`{"action":"x"}`:                          "",
		`{"action":"x","room_id":1}`:              "",
		`{"action":"x","room_id":"hello, world"}`: "",
	} {
		if got := request(t, body).RoomLabel(); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

// What a client writes with any JSON encoder is what is read.
func TestSendMessageRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := messages.SendMessage{
			Room:            chat.RoomID(rapid.StringMatching(`[a-zA-Z0-9_-]{1,64}`).Draw(t, "room")),
			ClientMessageID: chat.ClientMessageID(rapid.StringMatching(`[ -~]{1,64}`).Draw(t, "client_message_id")),
			Content:         rapid.StringN(1, 200, -1).Draw(t, "content"),
		}
		if errors.Join(chat.ValidateContent(want.Content), want.ClientMessageID.Validate()) != nil {
			t.Skip()
		}
		body, err := json.Marshal(map[string]any{
			"action": "sendMessage", "room_id": want.Room, "client_message_id": want.ClientMessageID, "content": want.Content,
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := wire.ParseRequest(body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decodeAction(r); err != nil || got != want {
			t.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
	})
}

// Whatever comes in, it is read and valid, or the error says what is wrong with it and has a public form.
func FuzzRequest(f *testing.F) {
	for _, body := range []string{
		`{"action":"sendMessage","request_id":"r","room_id":"general","content":"hi","client_message_id":"6f1c"}`,
		`{"action":"joinRoom","room_id":"general","after_id":7}`,
		`{"action":"sync","room_id":"general","after_id":0,"limit":100}`,
		`{"action":"ping","room_ids":["a","b"]}`,
		`{"action":"joinRooms","rooms":[{"room_id":"a","after_id":7},{"room_id":"b"}]}`,
		`{"action":"leaveRoom","room_id":"..","request_id":"\u0000"}`,
		`[]`, `null`, `{"action":"ping"}{}`, "{\"action\":\"\xff\"}",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r, err := wire.ParseRequest([]byte(body))
		if err != nil {
			expectTold(t, r, err)
			return
		}
		_ = r.RoomLabel()
		for action := range readers() {
			r.Action = action
			if _, err := decodeAction(r); err != nil {
				if e, ok := errors.AsType[*chat.Error](err); !ok || e.Field == "" && e.Code != chat.CodeNotFound {
					t.Errorf("%s: the error names no field: %v", action, err)
				}
				expectTold(t, r, err)
			}
		}
	})
}

func expectTold(t *testing.T, r wire.Request, err error) {
	t.Helper()
	// A name that only the server may give is not found.
	codes := []chat.Code{chat.CodeInvalid, chat.CodeTooLarge, chat.CodeNotFound}
	if code := chat.CodeOf(err); !slices.Contains(codes, code) {
		t.Errorf("error of code %s: %v", code, err)
	}
	frame, ok := decode(t, wire.Error(r.RequestID, err)).(map[string]any)
	if !ok || frame["type"] != "error" {
		t.Errorf("the frame is %v", frame)
	}
	given, _ := frame["request_id"].(string)
	if given != r.RequestID || given != "" && chat.ValidateLabel("request_id", given) != nil {
		t.Errorf("request_id %q is given back", given)
	}
}
