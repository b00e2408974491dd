package wire_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/wire"
)

func TestServerFramesAreMadeAsEver(t *testing.T) {
	for name, cases := range serverFrames() {
		t.Run(name, func(t *testing.T) { expectFrames(t, name, cases) })
	}
}

// serverFrames are what the server sends, by type; and the bodies of the HTTP API.
func serverFrames() map[string][]goldenCase {
	return map[string][]goldenCase{
		"ack":          ackFrames(),
		"joined":       pageFrames(wire.Joined),
		"synced":       pageFrames(wire.Synced),
		"left":         leftFrames(),
		"pong":         pongFrames(),
		"messages":     messagesFrames(),
		"typingPushed": typingPushes(), // "typing" is the client's
		"room":         roomFrames(),
		"removed":      removedFrames(),
		"degraded":     degradedFrames(),
		"rooms":        roomsBodies(),
		"oneRoom":      oneRoomBodies(),
		"members":      membersBodies(),
		"member":       memberBodies(),
		"user": {
			{name: "bob", frame: wire.User("bob", "bob")}, {name: "with a name", frame: wire.User("bob", "Bob ☕")},
		},
		"deeds":          deedsBodies(),
		"goodbye":        goodbyeFrames(),
		"reauthenticate": {{name: "a token that ends", frame: wire.Reauthenticate(noon())}},
		"authenticated":  {{name: "a fresh token", frame: wire.Authenticated("r-1", connections.Authenticated{ExpiresAt: noon()})}},
		"ticket":         {{name: "a ticket", frame: wire.Ticket("5LXJ3ZC6QYD7WPA2M4VTNBHREU", noon())}},
		"error":          errorFrames(),
		"marked":         markedFrames(),
		"receipts":       receiptsPushes(),
		"receiptsBody":   receiptsBodies(),
		"presence":       presenceFrames(),
		"presenceBody":   presenceBodies(),
		"history":        historyBodies(),
		"polled":         polledBodies(),
		"problem":        problemBodies(),
		"health":         healthBodies(),
		"erasure":        erasureBodies(),
		"exportLine":     exportLines(),
	}
}

// unicode is a message with all that JSON can be written with in more than one way.
func unicode() chat.Entry {
	e := message()
	e.ID, e.ClientMessageID = 44, `a "b" <c>`
	e.Content = "Grüße 😀 e\u0301 <b>&amp;</b> \u2028\n\t\"\\\x00\x7f"
	return e
}

// empty is a message without content: nobody can send one, but content is shown all the same.
func empty() chat.Entry {
	e := message()
	e.Content = ""
	return e
}

func ackFrames() []goldenCase {
	return []goldenCase{
		{name: "message", frame: wire.Ack("r-1", message())},
		{name: "without request_id", frame: wire.Ack("", message())},
		{name: "unicode", frame: wire.Ack(`r "<1>"`, unicode())},
		{name: "empty content", frame: wire.Ack("r-1", empty())},
		{name: "void", frame: wire.Ack("r-1", void())},
		{name: "edit", frame: wire.Ack("r-1", changes()[2])},
	}
}

func pageFrames(encode func(string, roomlog.Page) []byte) []goldenCase {
	var cases []goldenCase
	for _, c := range pages() {
		cases = append(cases, goldenCase{name: c.name, frame: encode("r-1", c.page)})
	}
	return append(cases, goldenCase{name: "without request_id", frame: encode("", page())})
}

type namedPage struct {
	name string
	page roomlog.Page
}

func pages() []namedPage {
	return []namedPage{
		{"message and void", page()},
		{"unicode, last page", roomlog.Page{
			Room: "general", Entries: []chat.Entry{unicode()}, FirstID: 1, LastID: 44,
		}},
		{"changes", roomlog.Page{Room: "general", Entries: changes(), FirstID: 1, LastID: 48}},
		{"members", roomlog.Page{Room: "general", Entries: memberEntries(), FirstID: 1, LastID: 45}},
		{"empty room", roomlog.Page{Room: "general", FirstID: 1}},
		{"nothing new", roomlog.Page{Room: "general", Entries: []chat.Entry{}, FirstID: 1, LastID: 43}},
	}
}

func leftFrames() []goldenCase {
	return []goldenCase{
		{name: "room", frame: wire.Left("r-1", "general")},
		{name: "without request_id", frame: wire.Left("", "general")},
	}
}

func pongFrames() []goldenCase {
	pong := rooms.Pong{
		ServerTime: noon(), ReconnectAt: noon().Add(time.Hour), ExpiresAt: noon().Truncate(time.Second),
		LastIDs: map[chat.RoomID]chat.EntryID{"others": 0, "general": 43},
	}
	none := pong
	none.LastIDs = map[chat.RoomID]chat.EntryID{}
	return []goldenCase{
		{name: "rooms", frame: wire.Pong("r-1", pong)},
		{name: "no rooms", frame: wire.Pong("r-1", none)},
		{name: "without request_id", frame: wire.Pong("", none)},
	}
}

func messagesFrames() []goldenCase {
	var cases []goldenCase
	for _, c := range []struct {
		name    string
		entries []chat.Entry
	}{
		{"message", []chat.Entry{message()}},
		{"message and void", []chat.Entry{message(), void()}},
		{"unicode", []chat.Entry{unicode()}},
		{"empty content", []chat.Entry{empty()}},
	} {
		for _, f := range wire.Messages("general", c.entries) {
			frame := f.Data
			cases = append(cases, goldenCase{name: c.name, frame: frame})
		}
	}
	return cases
}

// failures are errors of each code, and each in every way in which it may come.
func failures() []struct {
	name string
	err  error
} {
	return []struct {
		name string
		err  error
	}{
		{"invalid", chat.Errorf(chat.CodeInvalid, "the frame must be a JSON object")},
		{"invalid, with a field", chat.Invalid("limit", "must be from 1 to %d", 100)},
		{"unauthorized", chat.Errorf(chat.CodeUnauthorized, "a token is required")},
		{"forbidden", chat.Errorf(chat.CodeForbidden, "join the room first")},
		{"unknown_action", chat.Errorf(chat.CodeUnknownAction, "there is no such action")},
		{"not_found", chat.Errorf(chat.CodeNotFound, "there is no such room")},
		{"conflict", chat.Errorf(chat.CodeConflict, "client_message_id was used before for other content")},
		{"too_large", &chat.Error{
			Code: chat.CodeTooLarge, Field: "content", Message: "content must have at most 4,000 characters",
		}},
		{"rate_limited", &chat.Error{
			Code: chat.CodeRateLimited, Message: "slow down", RetryAfter: 1200 * time.Millisecond,
		}},
		{"rate_limited, without a time", chat.Errorf(chat.CodeRateLimited, "slow down")},
		{"unavailable", &chat.Error{
			Code: chat.CodeUnavailable, Message: "the store did not answer in time; try again", Err: errors.New("secret"),
		}},
		{"internal", &chat.Error{Code: chat.CodeInternal, Message: "secret", Field: "secret"}},
		{"any other error", errors.New("secret")},
		{"wrapped", fmt.Errorf("read member: %w", chat.Errorf(chat.CodeForbidden, "join the room first"))},
		{"of one of several rooms", chat.InRoom("lobby", chat.Errorf(chat.CodeForbidden, "join the room first"))},
		{"of one of several rooms, any other error", chat.InRoom("lobby", errors.New("secret"))},
		{"unicode", chat.Errorf(chat.CodeInvalid, "Grüße <b>&\u2028")},
	}
}

func errorFrames() []goldenCase {
	var cases []goldenCase
	for _, c := range failures() {
		cases = append(cases, goldenCase{name: c.name, frame: wire.Error("r-1", c.err)})
	}
	// What is no JSON has no place among the clients' frames.
	r, err := wire.ParseRequest([]byte(`hello`))
	cases = append(cases, goldenCase{name: "reply to what is no JSON", frame: wire.Error(r.RequestID, err)})
	r, err = wire.ParseRequest([]byte(`{"action":"ping"}{}`))
	cases = append(cases, goldenCase{name: "reply to two objects", frame: wire.Error(r.RequestID, err)})
	return append(cases, goldenCase{name: "without request_id", frame: wire.Error("", failures()[0].err)})
}

func historyBodies() []goldenCase {
	var cases []goldenCase
	for _, c := range pages() {
		cases = append(cases, goldenCase{name: c.name, frame: wire.History(c.page)})
	}
	return cases
}

func polledBodies() []goldenCase {
	cases := []goldenCase{{name: "nothing new", frame: wire.Polled(nil)}}
	for _, c := range pages() {
		cases = append(cases, goldenCase{name: c.name, frame: wire.Polled([]roomlog.Page{c.page, c.page})})
	}
	return cases
}

func problemBodies() []goldenCase {
	var cases []goldenCase
	for _, c := range failures() {
		_, body := wire.Problem(c.err)
		cases = append(cases, goldenCase{name: c.name, frame: body})
	}
	return cases
}

func healthBodies() []goldenCase {
	return []goldenCase{
		{name: "ok", frame: wire.Health("ok", map[string]string{"store": "ok"})},
		{name: "unavailable", frame: wire.Health("unavailable", map[string]string{"store": "unavailable"})},
		{name: "parts in the order of their names",
			frame: wire.Health("unavailable", map[string]string{"store": "ok", "gateway": "unavailable"})},
	}
}

func goodbyeFrames() []goldenCase {
	return []goldenCase{
		{name: "shutdown", frame: wire.Goodbye(chat.Goodbye{Code: chat.GoodbyeShutdown, Reconnect: true, After: 417_250 * time.Millisecond})},
		{name: "shutdown, at once", frame: wire.Goodbye(chat.Goodbye{Code: chat.GoodbyeShutdown, Reconnect: true})},
		{name: "expired", frame: wire.Goodbye(chat.Goodbye{Code: chat.GoodbyeExpired, Reconnect: true})},
		{name: "revoked", frame: wire.Goodbye(chat.Goodbye{Code: chat.GoodbyeRevoked})},
		{name: "replaced", frame: wire.Goodbye(chat.Goodbye{Code: chat.GoodbyeReplaced})},
		{name: "flooded", frame: wire.Goodbye(chat.Goodbye{Code: chat.GoodbyeFlooded})},
	}
}
