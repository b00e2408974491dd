package apigw_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/signals"
	"serverlesschat/internal/wire"
)

const typing = `{"action":"typing","request_id":"r-1","room_id":"general","active":true}`

// TestOneWay: a frame without a reply is answered by nothing, unless it is refused. Then the refusal is posted.
func TestOneWay(t *testing.T) {
	for _, c := range []struct {
		name, body, route string
		posted, replied   string
	}{
		{"typing", typing, "typing", "", ""},
		{"in a room of others", strings.Replace(typing, "general", "others", 1), "typing", "forbidden", ""},
		{"in no room", strings.Replace(typing, "general", "nowhere", 1), "typing", "not_found", ""},
		{"without active", strings.Replace(typing, "active", "inactive", 1), "typing", "invalid", ""},
		{"an action with a reply", frames()["ping"], "$default", "", "pong"},
		{"one that is refused", `{"action":"fly"}`, "$default", "", "error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, gateway := newStore(), fake.NewGateway()
			var posted []string
			gateway.Open(connectionID, func(frame []byte) { posted = append(posted, string(frame)) }, func() {})
			services := services(s)
			deliverer := &fake.Deliverer{}
			services.Typist = signals.NewTypist(rooms.NewMembership(s), s, deliverer, time.Now, wire.Typing)
			s.Subscribed = []chat.Subscription{{Room: "general", Connection: "other", User: "bob"}}
			event := messageEvent(c.body)
			event.RequestContext.RouteKey = c.route
			got, _ := observe(t, apigw.OneWay(apigw.Dispatch(apigw.DefaultFunction, services, gate(s), ender(s)), gateway), event)
			expect(t, "status", got.StatusCode, http.StatusOK)
			if c.replied == "" && got.Body != "" || c.replied != "" && object(t, got.Body)["type"] != c.replied {
				t.Errorf("the reply is %q, want %q", got.Body, c.replied)
			}
			if c.posted == "" && len(posted) != 0 || c.posted != "" && len(posted) != 1 {
				t.Fatalf("posted %q, want %q", posted, c.posted)
			}
			if c.posted != "" {
				expectError(t, object(t, posted[0]), c.posted)
				expect(t, "request_id", object(t, posted[0])["request_id"], "r-1")
			}
			if told := len(deliverer.Got) == 1; told != (c.name == "typing") {
				t.Errorf("deliveries %+v", deliverer.Got)
			}
		})
	}
}
