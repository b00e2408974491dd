package apigw_test

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/connections"
)

func messageEvent(body string) events.APIGatewayWebsocketProxyRequest {
	event := events.APIGatewayWebsocketProxyRequest{Body: body}
	event.RequestContext.ConnectionID = connectionID
	return event
}

// dispatch sends a frame to the function that the gateway would send it to, and returns the reply, with the line of the
// log.
func dispatch(t *testing.T, s *fake.Store, event events.APIGatewayWebsocketProxyRequest) (reply, line map[string]any) {
	t.Helper()
	got, line := observe(t, apigw.Dispatch(functionOf(event.Body), services(s), gate(s), ender(s)), event)
	expect(t, "status", got.StatusCode, http.StatusOK)
	return object(t, got.Body), line
}

// functionOf returns the function that the gateway sends a frame to.
func functionOf(body string) string {
	for _, a := range apigw.Actions(apigw.Services{}) {
		if strings.Contains(body, `"action":"`+a.Name+`"`) {
			return a.Function
		}
	}
	return apigw.DefaultFunction
}

// frames are one good frame of each action that has a reply.
func frames() map[string]string {
	return map[string]string{
		"sendMessage": `{"action":"sendMessage","request_id":"r-1","room_id":"general","content":"` + secret + `","client_message_id":"c-1"}`,
		"editMessage": `{"action":"editMessage","request_id":"r-1","room_id":"general","target_id":1,"content":"` + secret +
			`","client_message_id":"c-2"}`,
		"deleteMessage": `{"action":"deleteMessage","request_id":"r-1","room_id":"general","target_id":1,"client_message_id":"c-3"}`,
		"react":         `{"action":"react","request_id":"r-1","room_id":"general","target_id":1,"reaction":"👍","client_message_id":"c-4"}`,
		"joinRoom":      `{"action":"joinRoom","request_id":"r-1","room_id":"general","after_id":1}`,
		"joinRooms":     `{"action":"joinRooms","request_id":"r-1","rooms":[{"room_id":"general","after_id":1}]}`,
		"leaveRoom":     `{"action":"leaveRoom","request_id":"r-1","room_id":"general"}`,
		"sync":          `{"action":"sync","request_id":"r-1","room_id":"general","after_id":1,"limit":1}`,
		"markDelivered": `{"action":"markDelivered","request_id":"r-1","room_id":"general","id":3}`,
		"markRead":      `{"action":"markRead","request_id":"r-1","room_id":"general","id":2}`,
		"authenticate":  `{"action":"authenticate","request_id":"r-1","token":"good"}`,
		"ping":          `{"action":"ping","request_id":"r-1","room_ids":["general","others","nowhere","p.1"]}`,
	}
}

func TestEveryActionHasItsReply(t *testing.T) {
	replies := map[string]string{
		"sendMessage": "ack", "editMessage": "ack", "deleteMessage": "ack", "react": "ack", "joinRoom": "joined", "joinRooms": "joined", "leaveRoom": "left", "sync": "synced",
		"markDelivered": "marked", "markRead": "marked", "authenticate": "authenticated", "ping": "pong",
	}
	for action, body := range frames() {
		t.Run(action, func(t *testing.T) {
			reply, line := dispatch(t, newStore(log(3)...), messageEvent(body))
			expect(t, "type", reply["type"], replies[action])
			expect(t, "request_id", reply["request_id"], "r-1")
			expect(t, "action in the log", line["action"], action)
			expect(t, "outcome", line["outcome"], "ok")
			expect(t, "connection_id in the log", line["connection_id"], connectionID)
			if action != "ping" && action != "joinRooms" && action != "authenticate" {
				expect(t, "room in the log", line["room"], "general")
			}
		})
	}
	var all []string
	for _, a := range apigw.Actions(apigw.Services{}) {
		if !a.OneWay {
			all = append(all, a.Name)
		}
	}
	slices.Sort(all)
	if want := slices.Sorted(maps.Keys(frames())); !slices.Equal(all, want) {
		t.Errorf("actions %v, want %v, each once", all, want)
	}
}

// An action is served by its own function alone: the others have no rights for it.
func TestActionsOfOtherFunctionsAreUnknown(t *testing.T) {
	for _, a := range apigw.Actions(apigw.Services{}) {
		function := apigw.SendMessageFunction
		if a.Function == function {
			function = apigw.DefaultFunction
		}
		s, body := newStore(), cmp.Or(frames()[a.Name], typing)
		got, _ := observe(t, apigw.Dispatch(function, services(s), gate(s), ender(s)), messageEvent(body))
		expectError(t, object(t, got.Body), "unknown_action")
	}
}

func TestRepliesHoldWhatWasAskedFor(t *testing.T) {
	s := newStore(log(3)...)
	reply, line := dispatch(t, s, messageEvent(frames()["sendMessage"]))
	expect(t, "Messages", line["Messages"], 1.0)
	message, _ := reply["message"].(map[string]any)
	expect(t, "id of the message", message["id"], 4.0)
	expect(t, "content of the message", message["content"], secret)
	expect(t, "user of the message", message["user_id"], "alice")

	reply, _ = dispatch(t, s, messageEvent(frames()["sync"]))
	messages, _ := reply["messages"].([]any)
	if len(messages) != 1 || messages[0].(map[string]any)["id"] != 2.0 || reply["more"] != true || reply["last_id"] != 4.0 {
		t.Errorf("synced %v", reply)
	}

	reply, _ = dispatch(t, s, messageEvent(frames()["ping"]))
	lastIDs, _ := reply["last_ids"].(map[string]any)
	if len(lastIDs) != 1 || lastIDs["general"] != 4.0 {
		t.Errorf("last_ids %v, want those of the rooms that alice is in", lastIDs)
	}
}

// A frame that is refused for what it holds costs nothing and changes nothing.
func TestRefusedFramesDoNotReachTheStore(t *testing.T) {
	for name, c := range map[string]struct{ body, code, field string }{
		"not JSON":               {"hello", "invalid", ""},
		"empty":                  {"", "invalid", ""},
		"a list":                 {"[]", "invalid", ""},
		"no action":              {`{"request_id":"r-1"}`, "invalid", "action"},
		"unknown action":         {`{"action":"pinMessage","request_id":"r-1","room_id":"general"}`, "unknown_action", ""},
		"action in another case": {`{"action":"Ping","request_id":"r-1"}`, "unknown_action", ""},
		"a route":                {`{"action":"$connect","request_id":"r-1"}`, "unknown_action", ""},
		"empty action":           {`{"action":"","request_id":"r-1"}`, "unknown_action", ""},
		"no room":                {`{"action":"joinRoom","request_id":"r-1"}`, "invalid", "room_id"},
		"no such name":           {`{"action":"joinRoom","request_id":"r-1","room_id":"` + secret + `!"}`, "invalid", "room_id"},
		"no content":             {`{"action":"sendMessage","request_id":"r-1","room_id":"general","client_message_id":"c"}`, "invalid", "content"},
		"too long": {`{"action":"sendMessage","request_id":"r-1","room_id":"general","client_message_id":"c","content":"` +
			strings.Repeat("a", 4001) + `"}`, "too_large", "content"},
		"no id of its own": {`{"action":"sendMessage","request_id":"r-1","room_id":"general","content":"` + secret + `"}`, "invalid", "client_message_id"},
		"no position":      {`{"action":"sync","request_id":"r-1","room_id":"general"}`, "invalid", "after_id"},
		"too many":         {`{"action":"sync","request_id":"r-1","room_id":"general","after_id":0,"limit":101}`, "invalid", "limit"},
		"rooms as text":    {`{"action":"ping","request_id":"r-1","room_ids":"general"}`, "invalid", "room_ids"},
		"negative":         {`{"action":"joinRoom","request_id":"r-1","room_id":"general","after_id":-1}`, "invalid", "after_id"},
		"leaving nothing":  {`{"action":"leaveRoom","request_id":"r-1","room_id":""}`, "invalid", "room_id"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore()
			reply, line := dispatch(t, s, messageEvent(c.body))
			expectError(t, reply, c.code)
			failure, _ := reply["error"].(map[string]any)
			if c.field != "" {
				expect(t, "field", failure["field"], c.field)
			}
			if strings.Contains(c.body, "r-1") {
				expect(t, "request_id", reply["request_id"], "r-1")
			}
			expect(t, "outcome", line["outcome"], c.code)
			expect(t, "Messages", line["Messages"], nil)
			if calls := beyondSession(s); len(calls) > 0 {
				t.Errorf("the store was called: %v", calls)
			}
		})
	}
}

func expectError(t *testing.T, reply map[string]any, code string) {
	t.Helper()
	expect(t, "type", reply["type"], "error")
	failure, _ := reply["error"].(map[string]any)
	expect(t, "code", failure["code"], code)
}

func TestBadRequestIDIsNotGivenBack(t *testing.T) {
	reply, _ := dispatch(t, newStore(), messageEvent(`{"action":"ping","request_id":"`+strings.Repeat("x", 65)+`"}`))
	expectError(t, reply, "invalid")
	expect(t, "field", reply["error"].(map[string]any)["field"], "request_id")
	if id, ok := reply["request_id"]; ok {
		t.Errorf("request_id %v is given back", id)
	}
}

func TestRoomsOfOthers(t *testing.T) {
	for room, code := range map[string]string{"others": "forbidden", "nowhere": "not_found"} {
		for action, first := range map[string]string{"sendMessage": "precheck", "sync": "access"} {
			s := newStore()
			reply, _ := dispatch(t, s, messageEvent(strings.Replace(frames()[action], "general", room, 1)))
			expectError(t, reply, code)
			if calls := beyondSession(s); !slices.Equal(calls, []string{first}) {
				t.Errorf("%s in %s: calls %v", action, room, calls)
			}
		}
	}
}

func TestFrameOfAConnectionThatIsGone(t *testing.T) {
	for action, body := range frames() {
		s := newStore()
		event := messageEvent(body)
		event.RequestContext.ConnectionID = "gone"
		reply, _ := dispatch(t, s, event)
		expectError(t, reply, "unauthorized")
		if calls := s.Calls; !slices.Equal(calls, []string{"connection"}) {
			t.Errorf("%s: calls %v", action, calls)
		}
	}
}

// Whichever store call fails, there is one reply with the request_id, and it says nothing of the inside.
func TestFailuresOfTheStoreAreReported(t *testing.T) {
	for action, body := range frames() {
		ordinary := newStore(log(3)...)
		dispatch(t, ordinary, messageEvent(body))
		for _, call := range slices.Compact(ordinary.Calls) {
			for code, err := range map[string]error{
				"internal":    errBroken,
				"unavailable": &chat.Error{Code: chat.CodeUnavailable, Message: "try again", Err: errBroken},
			} {
				if action == "ping" && call != "connection" && code == "unavailable" {
					continue // a ping leaves out the room; a test of the rooms has that
				}
				t.Run(action+"/"+call+"/"+code, func(t *testing.T) {
					s := failing(newStore(log(3)...), call, err)
					reply, line := dispatch(t, s, messageEvent(body))
					expectError(t, reply, code)
					expect(t, "request_id", reply["request_id"], "r-1")
					expect(t, "outcome", line["outcome"], code)
					text, _ := line["error"].(string)
					if !strings.Contains(text, errBroken.Error()) {
						t.Errorf("the log has the error %q, want the cause in it", text)
					}
					if failure, _ := reply["error"].(map[string]any); strings.Contains(failure["message"].(string), "broken") {
						t.Errorf("the client gets %v", failure)
					}
				})
			}
		}
	}
}

// TestWhatCountsAgainstTheRate: every frame counts once, also one that cannot be read or is refused; a ping without rooms
// does not.
func TestWhatCountsAgainstTheRate(t *testing.T) {
	all := frames()
	all["not JSON"], all["no action"], all["unknown"] = "{", "{}", `{"action":"fly"}`
	all["bad field"], all["typing"] = `{"action":"sync","room_id":"general","after_id":-1}`, typing
	all["bad ping"] = `{"action":"ping","room_ids":1}`
	all["free"] = `{"action":"ping"}`
	for name, body := range all {
		s := newStore(log(3)...)
		s.Subscribed = nil
		_, _ = observe(t, apigw.Dispatch(functionOf(body), services(s), gate(s), ender(s)), messageEvent(body))
		acts, looks := count(s.Calls, "act"), count(s.Calls, "look")
		if name == "free" && (acts != 0 || looks != 1) || name != "free" && acts != 1 {
			t.Errorf("%s: calls %q", name, s.Calls)
		}
	}
}

func count(calls []string, call string) (n int) {
	for _, c := range calls {
		if c == call {
			n++
		}
	}
	return n
}

// TestWhoIsRefusedChangesNothing: whatever is asked for, nothing is written, and the reply says why: an error, or the
// goodbye of a connection that has ended, which is closed.
func TestWhoIsRefusedChangesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		refusal error
		reply   string
		closed  bool
	}{
		"too often": {chat.RateLimited(time.Second), `"code":"rate_limited"`, false},
		"closed":    {connections.ErrClosed, `"code":"unauthorized"`, false},
		"expired":   {connections.ErrExpired, `{"type":"goodbye","code":"expired","reconnect":true,"after_ms":0}`, true},
		"revoked":   {connections.ErrRevoked, `{"type":"goodbye","code":"revoked","reconnect":false,"after_ms":0}`, true},
		"a defect":  {errBroken, `"code":"internal"`, false},
	} {
		for action, body := range frames() {
			s, gateway := newStore(log(3)...), fake.NewGateway()
			s.Refusal = c.refusal
			var told []string
			closed := false
			gateway.Open(connectionID, func(frame []byte) { told = append(told, string(frame)) }, func() { closed = true })
			before := len(s.Entries)
			got, _ := observe(t, apigw.Dispatch(functionOf(body), services(s), gate(s), fake.NewEnder(s, gateway)), messageEvent(body))
			if !strings.Contains(got.Body, c.reply) || closed != c.closed || closed != (len(told) == 1) {
				t.Errorf("%s, %s: reply %s, told %q, closed %t", name, action, got.Body, told, closed)
			}
			reads := []string{"precheck"} // beside the refusal
			if calls := beyondSession(s); !slices.Equal(calls, reads) && len(calls) > 0 || len(s.Entries) != before {
				t.Errorf("%s, %s: calls %q", name, action, calls)
			}
		}
	}
}
