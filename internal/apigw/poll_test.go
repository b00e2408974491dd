package apigw_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/rooms"
)

func pollEvent(query string, headers map[string]string) events.APIGatewayV2HTTPRequest {
	return events.APIGatewayV2HTTPRequest{RouteKey: "GET /poll", RawQueryString: query, Headers: headers}
}

func postEvent(room, body string, headers map[string]string) events.APIGatewayV2HTTPRequest {
	return events.APIGatewayV2HTTPRequest{
		RouteKey: "POST /rooms/{room_id}/messages", PathParameters: map[string]string{"room_id": room}, Body: body, Headers: headers,
	}
}

// fallback handles an event of a client that polls; running polls there are already, of 1 that may run.
func fallback(t *testing.T, s *fake.Store, running int, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, map[string]any) {
	t.Helper()
	polls := fake.NewPolls(s)
	polls.Running = running
	poller := messages.NewPoller(rooms.NewMembership(s), reader(s), polls, messages.PollerOptions{
		Concurrency: 1, Now: noon, NewToken: func() string { return "t" }, Jitter: func() float64 { return 0.5 },
	})
	reply, line := observe(t, apigw.Poll(guard(s), poller, services(s).Sender), event)
	expect(t, "cache-control", reply.Headers["cache-control"], "no-store")
	return reply, line
}

func TestPoll(t *testing.T) {
	reply, line := fallback(t, newStore(log(60)...), 0, pollEvent("after=general:3&tab=a%20b", authorized()))
	expect(t, "status", reply.StatusCode, http.StatusOK)
	expect(t, "action in the log", line["action"], "GET /poll")
	news, _ := object(t, reply.Body)["rooms"].([]any)
	if len(news) != 1 {
		t.Fatalf("got %s", reply.Body)
	}
	page := news[0].(map[string]any)
	expect(t, "room", page["room_id"], "general")
	expect(t, "first_id", page["first_id"], 1.0)
	expect(t, "last_id", page["last_id"], 60.0)
	expect(t, "more", page["more"], true)
	expect(t, "first message", page["messages"].([]any)[0].(map[string]any)["id"], 4.0)

	reply, _ = fallback(t, newStore(), 0, pollEvent("after=general:0", authorized()))
	expect(t, "nothing new", reply.Body, `{"rooms":[]}`)
}

func TestPollRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		event  events.APIGatewayV2HTTPRequest
		status int
		code   string
		field  any
	}{
		"no token":             {pollEvent("after=general:0", nil), 401, "unauthorized", nil},
		"token in the query":   {pollEvent("after=general:0&token=good", nil), 401, "unauthorized", nil},
		"token before fields":  {pollEvent("", nil), 401, "unauthorized", nil},
		"no room":              {pollEvent("", authorized()), 400, "invalid", "after"},
		"no query":             {pollEvent("after=%zz", authorized()), 400, "invalid", nil},
		"wait too long":        {pollEvent("after=general:0&wait=21", authorized()), 400, "invalid", "wait"},
		"a bad tab":            {pollEvent("after=general:0&tab=!", authorized()), 400, "invalid", "tab"},
		"post without a token": {postEvent("general", `{}`, nil), 401, "unauthorized", nil},
		"post nothing":         {postEvent("general", ``, authorized()), 400, "invalid", nil},
		"post a text":          {postEvent("general", `"x"`, authorized()), 400, "invalid", nil},
		"post null":            {postEvent("general", `null`, authorized()), 400, "invalid", nil},
		"post two objects":     {postEvent("general", `{}{}`, authorized()), 400, "invalid", nil},
		"post without content": {postEvent("general", `{"client_message_id":"1"}`, authorized()), 400, "invalid", "content"},
		"post without an id":   {postEvent("general", `{"content":"x"}`, authorized()), 400, "invalid", "client_message_id"},
		"post a bad label":     {postEvent("general", `{"request_id":"!","content":"x","client_message_id":"1"}`, authorized()), 400, "invalid", "request_id"},
		"post to a bad room":   {postEvent("a b", `{"content":"x","client_message_id":"1"}`, authorized()), 400, "invalid", "room_id"},
		"post too long a body": {postEvent("general", strings.Repeat(" ", 32<<10)+"{}", authorized()), 413, "too_large", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore()
			reply, line := fallback(t, s, 0, c.event)
			expectProblem(t, reply, c.status, c.code)
			expect(t, "field", object(t, reply.Body)["field"], c.field)
			expect(t, "outcome", line["outcome"], c.code)
			if calls := beyondSession(s); len(calls) > 0 {
				t.Errorf("the store was called: %v", calls)
			}
		})
	}
}

func TestPollOfRoomsOfOthers(t *testing.T) {
	reply, _ := fallback(t, newStore(log(3)...), 0, pollEvent("after=general:0&after=others:0", authorized()))
	expectProblem(t, reply, http.StatusForbidden, "forbidden")
	expect(t, "room", object(t, reply.Body)["room_id"], "others")
}

func TestPollBeyondTheShare(t *testing.T) {
	reply, _ := fallback(t, newStore(log(3)...), 1, pollEvent("after=general:0&wait=20", authorized()))
	expectProblem(t, reply, http.StatusServiceUnavailable, "unavailable")
	expect(t, "retry-after", reply.Headers["retry-after"], "8") // 7.5 s, rounded up
	expect(t, "retry_after_ms", object(t, reply.Body)["retry_after_ms"], 7500.0)
}

func TestPost(t *testing.T) {
	const body = `{"request_id":"r","content":"hi","client_message_id":"m","room_id":"others"}`
	s := newStore()
	reply, line := fallback(t, s, 1, postEvent("general", body, authorized()))
	expect(t, "status", reply.StatusCode, http.StatusCreated)
	expect(t, "room in the log", line["room"], "general")
	expect(t, "counted", line["Messages"], 1.0)
	ack := object(t, reply.Body)
	expect(t, "type", ack["type"], "ack")
	expect(t, "request_id", ack["request_id"], "r")
	stored, _ := ack["message"].(map[string]any)
	expect(t, "id", stored["id"], 1.0)
	expect(t, "room", stored["room_id"], "general")
	expect(t, "user", stored["user_id"], "alice")

	// As the gateway sends a body that it does not take for text. It is a repeat.
	event := postEvent("general", base64.StdEncoding.EncodeToString([]byte(body)), authorized())
	event.IsBase64Encoded = true
	again, _ := fallback(t, s, 0, event)
	expect(t, "status of a repeat", again.StatusCode, http.StatusCreated)
	expect(t, "reply to a repeat", again.Body, reply.Body)
}
