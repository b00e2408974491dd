package apigw_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
)

func historyEvent(room string, query map[string]string, headers map[string]string) events.APIGatewayV2HTTPRequest {
	return events.APIGatewayV2HTTPRequest{
		RouteKey: "GET /rooms/{room_id}/messages", PathParameters: map[string]string{"room_id": room},
		QueryStringParameters: query, Headers: headers,
	}
}

func authorized() map[string]string { return map[string]string{"authorization": "Bearer good"} }

func rest(t *testing.T, s *fake.Store, event events.APIGatewayV2HTTPRequest) (reply events.APIGatewayV2HTTPResponse, line map[string]any) {
	t.Helper()
	reply, line = observe(t, apigw.REST(apigw.Guard{Tokens: tokens{}}, history(s), map[string]apigw.HealthCheck{}), event)
	expect(t, "cache-control", reply.Headers["cache-control"], "no-store")
	return reply, line
}

func TestHistory(t *testing.T) {
	for name, c := range map[string]struct {
		query       map[string]string
		first, last float64
		more        bool
	}{
		"newest page":         {nil, 11, 60, true},
		"newest two":          {map[string]string{"limit": "2"}, 59, 60, true},
		"from the beginning":  {map[string]string{"after": "0", "limit": "100"}, 1, 60, false},
		"after":               {map[string]string{"after": "3", "limit": "2"}, 4, 5, true},
		"before":              {map[string]string{"before": "3"}, 1, 2, false},
		"before, two of more": {map[string]string{"before": "10", "limit": "2"}, 8, 9, true},
		"a second room":       {map[string]string{"room_id": "others", "limit": "2"}, 59, 60, true},
	} {
		t.Run(name, func(t *testing.T) {
			reply, line := rest(t, newStore(log(60)...), historyEvent("general", c.query, authorized()))
			expect(t, "status", reply.StatusCode, http.StatusOK)
			expect(t, "content type", reply.Headers["content-type"], "application/json")
			expect(t, "room in the log", line["room"], "general")
			expect(t, "action in the log", line["action"], "GET /rooms/{room_id}/messages")
			page := object(t, reply.Body)
			messages, _ := page["messages"].([]any)
			if len(messages) != int(c.last-c.first)+1 {
				t.Fatalf("%d messages", len(messages))
			}
			expect(t, "first message", messages[0].(map[string]any)["id"], c.first)
			expect(t, "last message", messages[len(messages)-1].(map[string]any)["id"], c.last)
			expect(t, "more", page["more"], c.more)
			expect(t, "last_id", page["last_id"], 60.0)
			expect(t, "first_id", page["first_id"], 1.0)
		})
	}
}

// AWS writes the names of headers in lower case; SAM's local HTTP API does not.
func TestAuthorizationInAnyCase(t *testing.T) {
	for _, name := range []string{"authorization", "Authorization"} {
		reply, _ := rest(t, newStore(), historyEvent("general", nil, map[string]string{name: "bearer good"}))
		expect(t, name, reply.StatusCode, http.StatusOK)
	}
}

func TestHistoryRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		event  events.APIGatewayV2HTTPRequest
		status int
		code   string
		field  any
	}{
		"no headers":          {historyEvent("general", nil, nil), 401, "unauthorized", nil},
		"empty header":        {historyEvent("general", nil, map[string]string{"authorization": ""}), 401, "unauthorized", nil},
		"bad token":           {historyEvent("general", nil, map[string]string{"authorization": "Bearer " + secret}), 401, "unauthorized", nil},
		"other scheme":        {historyEvent("general", nil, map[string]string{"authorization": "Basic " + secret}), 401, "unauthorized", nil},
		"no scheme":           {historyEvent("general", nil, map[string]string{"authorization": "good"}), 401, "unauthorized", nil},
		"two tokens":          {historyEvent("general", nil, map[string]string{"authorization": "Bearer good,Bearer good"}), 401, "unauthorized", nil},
		"two cases":           {historyEvent("general", nil, map[string]string{"authorization": "Bearer good", "Authorization": "Bearer good"}), 401, "unauthorized", nil},
		"token in the query":  {historyEvent("general", map[string]string{"token": "good", "access_token": "good"}, nil), 401, "unauthorized", nil},
		"token before fields": {historyEvent("a b", map[string]string{"limit": "x"}, nil), 401, "unauthorized", nil},
		"wait":                {historyEvent("general", map[string]string{"after": "1", "wait": "20"}, authorized()), 400, "invalid", "wait"},
		"both ends":           {historyEvent("general", map[string]string{"after": "1", "before": "2"}, authorized()), 400, "invalid", "before"},
		"limit 0":             {historyEvent("general", map[string]string{"limit": "0"}, authorized()), 400, "invalid", "limit"},
		"limit 101":           {historyEvent("general", map[string]string{"limit": "101"}, authorized()), 400, "invalid", "limit"},
		"limit a word":        {historyEvent("general", map[string]string{"limit": "all"}, authorized()), 400, "invalid", "limit"},
		"after a word":        {historyEvent("general", map[string]string{"after": "x"}, authorized()), 400, "invalid", "after"},
		"before 0":            {historyEvent("general", map[string]string{"before": "0"}, authorized()), 400, "invalid", "before"},
		"bad name":            {historyEvent("a b", nil, authorized()), 400, "invalid", "room_id"},
		"reserved name":       {historyEvent("..", nil, authorized()), 400, "invalid", "room_id"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore()
			reply, line := rest(t, s, c.event)
			expectProblem(t, reply, c.status, c.code)
			expect(t, "field", object(t, reply.Body)["field"], c.field)
			expect(t, "outcome", line["outcome"], c.code)
			if calls := s.Calls; len(calls) > 0 {
				t.Errorf("the store was called: %v", calls)
			}
		})
	}
}

func expectProblem(t *testing.T, reply events.APIGatewayV2HTTPResponse, status int, code string) {
	t.Helper()
	expect(t, "status", reply.StatusCode, status)
	expect(t, "content type", reply.Headers["content-type"], "application/problem+json")
	body := object(t, reply.Body)
	expect(t, "code", body["code"], code)
	expect(t, "status in the body", body["status"], float64(status))
	want := ""
	if status == http.StatusUnauthorized {
		want = "Bearer"
	}
	expect(t, "www-authenticate", reply.Headers["www-authenticate"], want)
}

func TestHistoryOfRoomsOfOthers(t *testing.T) {
	reply, _ := rest(t, newStore(log(3)...), historyEvent("others", nil, authorized()))
	expectProblem(t, reply, http.StatusForbidden, "forbidden")
	reply, _ = rest(t, newStore(), historyEvent("nowhere", nil, authorized()))
	expectProblem(t, reply, http.StatusNotFound, "not_found")
}

func TestHistoryReportsWhatFailed(t *testing.T) {
	for _, call := range []string{"access", "head", "after", "before"} {
		s := failing(newStore(log(3)...), call, errBroken)
		reply, line := rest(t, s, historyEvent("general", nil, authorized()))
		expectProblem(t, reply, http.StatusInternalServerError, "internal")
		expect(t, "level", line["level"], "ERROR")
		if strings.Contains(reply.Body, "broken") {
			t.Errorf("the client gets %s", reply.Body)
		}
	}
	s := failing(newStore(), "head", chat.Errorf(chat.CodeUnavailable, "try again"))
	reply, _ := rest(t, s, historyEvent("general", nil, authorized()))
	expectProblem(t, reply, http.StatusServiceUnavailable, "unavailable")
}

func TestUnknownRoute(t *testing.T) {
	reply, _ := rest(t, newStore(), events.APIGatewayV2HTTPRequest{RouteKey: "POST /rooms", Headers: authorized()})
	expectProblem(t, reply, http.StatusNotFound, "not_found")
}

func TestHealth(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		want   string
	}{
		"all is well":   {nil, http.StatusOK, "ok"},
		"a part is out": {errBroken, http.StatusServiceUnavailable, "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			checks := map[string]apigw.HealthCheck{
				"store": func(context.Context) error { return c.err },
				"other": func(context.Context) error { return nil },
			}
			reply, line := observe(t, apigw.REST(apigw.Guard{Tokens: tokens{}}, nil, checks), events.APIGatewayV2HTTPRequest{RouteKey: "GET /health"})
			expect(t, "status", reply.StatusCode, c.status)
			body := object(t, reply.Body)
			parts, _ := body["parts"].(map[string]any)
			expect(t, "overall", body["status"], c.want)
			expect(t, "store", parts["store"], c.want)
			expect(t, "other", parts["other"], "ok")
			if c.err != nil {
				expect(t, "error in the log", line["error"], errBroken.Error())
			}
			if strings.Contains(reply.Body, "broken") {
				t.Errorf("the client gets %s", reply.Body)
			}
		})
	}
}

// A check that hangs ends with the invocation, not with the client's patience.
func TestHealthChecksGetTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	checks := map[string]apigw.HealthCheck{"store": func(ctx context.Context) error { return ctx.Err() }}
	reply, err := apigw.REST(apigw.Guard{Tokens: tokens{}}, nil, checks)(ctx, events.APIGatewayV2HTTPRequest{RouteKey: "GET /health"})
	if err != nil || reply.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d, error %v", reply.StatusCode, errors.Join(err))
	}
}
