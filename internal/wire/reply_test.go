package wire_test

import (
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/wire"
)

func page() roomlog.Page {
	return roomlog.Page{Room: "general", Entries: []chat.Entry{message(), void()}, FirstID: 1, LastID: 43, More: true}
}

const shownPage = `"room_id":"general","messages":[` + shownMessage + `,` + shownVoid + `],"first_id":1,"last_id":43,"more":true`

// Each reply as the protocol writes it down: the fields that it has, and no others.
func TestReplies(t *testing.T) {
	emptyPage := roomlog.Page{Room: "general", FirstID: 1}
	const shownEmpty = `"room_id":"general","messages":[],"first_id":1,"last_id":0,"more":false`
	pong := rooms.Pong{
		ServerTime: noon(), ReconnectAt: noon().Add(time.Hour), ExpiresAt: noon().Add(2 * time.Hour),
		LastIDs: map[chat.RoomID]chat.EntryID{"general": 43, "me-too": 0},
	}
	for name, c := range map[string]struct {
		got  []byte
		want string
	}{
		"ack":    {wire.Ack("r-1", message()), `{"type":"ack","request_id":"r-1","message":` + shownMessage + `}`},
		"joined": {wire.Joined("r-1", page()), `{"type":"joined","request_id":"r-1",` + shownPage + `}`},
		"synced": {wire.Synced("r-1", page()), `{"type":"synced","request_id":"r-1",` + shownPage + `}`},
		"left":   {wire.Left("r-1", "general"), `{"type":"left","request_id":"r-1","room_id":"general"}`},
		"pong": {wire.Pong("r-1", pong), `{"type":"pong","request_id":"r-1","server_time":"2026-11-23T12:00:00.123Z",
			"reconnect_at":"2026-11-23T13:00:00.123Z","expires_at":"2026-11-23T14:00:00.123Z",
			"last_ids":{"general":43,"me-too":0}}`},
		"pong of no rooms": {wire.Pong("", rooms.Pong{
			ServerTime: noon(), ReconnectAt: noon(), ExpiresAt: noon(), LastIDs: map[chat.RoomID]chat.EntryID{},
		}), `{"type":"pong","server_time":"2026-11-23T12:00:00.123Z","reconnect_at":"2026-11-23T12:00:00.123Z",
			"expires_at":"2026-11-23T12:00:00.123Z","last_ids":{}}`},
		"without request_id": {wire.Left("", "general"), `{"type":"left","room_id":"general"}`},
		"joined, empty":      {wire.Joined("", emptyPage), `{"type":"joined",` + shownEmpty + `}`},
		"history":            {wire.History(page()), `{` + shownPage + `}`},
		"history, empty":     {wire.History(emptyPage), `{` + shownEmpty + `}`},
		"health": {wire.Health("ok", map[string]string{"store": "ok"}),
			`{"status":"ok","parts":{"store":"ok"}}`},
	} {
		t.Run(name, func(t *testing.T) { expectJSON(t, c.got, c.want) })
	}
}

// An empty message cannot be sent, but content is shown all the same: once a message is deleted it is empty.
func TestMessageAlwaysHasContent(t *testing.T) {
	e := message()
	e.Content = ""
	expectJSON(t, wire.Ack("", e), `{"type":"ack","message":{"id":42,"room_id":"general","user_id":"alice",
		"kind":"message","content":"","created_at":"2026-11-23T12:00:00.123Z","client_message_id":"6f1c"}}`)
}

func TestTimesAlwaysHaveMilliseconds(t *testing.T) {
	e := void()
	e.CreatedAt = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	expectJSON(t, wire.History(roomlog.Page{Room: "r", Entries: []chat.Entry{e}}), `{"room_id":"r","messages":[
		{"id":43,"room_id":"general","kind":"void","created_at":"2026-01-02T03:04:05.000Z"}],
		"first_id":0,"last_id":0,"more":false}`)
}
