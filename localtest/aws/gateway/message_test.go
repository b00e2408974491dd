package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestRouting(t *testing.T) {
	cfg := testConfig(newFunctions(t))
	cfg.Routes = append(cfg.Routes, Route{Key: "5", Function: "five"}, Route{Key: "true", Function: "true"},
		Route{Key: "ä b", Function: "umlaut"})
	g, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`{"action":"sendMessage"}`:                                "sendMessage",
		` { "x" : [ {"action":"oneWay"} ] , "action" : "oneWay"}`: "oneWay",
		`{"a\u0063tion":"one\u0057ay"}`:                           "oneWay",
		`{"action":"oneWay","action":"sendMessage"}`:              "sendMessage",
		`{"action":5}`:                   "5",
		`{"action":true}`:                "true",
		`{"action":"ä b"}`:               "ä b",
		`{"action":"$default"}`:          "$default",
		`{"action":"$connect"}`:          "$default",
		`{"action":"$disconnect"}`:       "$default",
		`{"action":"sendmessage"}`:       "$default",
		`{"Action":"sendMessage"}`:       "$default",
		`{"action":" sendMessage"}`:      "$default",
		`{"action":""}`:                  "$default",
		`{"action":null}`:                "$default",
		`{"action":["oneWay"]}`:          "$default",
		`{"action":{"action":"oneWay"}}`: "$default",
		`{"body":{"action":"oneWay"}}`:   "$default",
		`{}`:                             "$default",
		`{"action":"oneWay"`:             "$default",
		`{"action":"oneWay"} x`:          "$default",
		`["action","oneWay"]`:            "$default",
		`"oneWay"`:                       "$default",
		`5`:                              "$default",
		`oneWay`:                         "$default",
		``:                               "$default",
		` `:                              "$default",
	} {
		if got := g.route([]byte(body)); got.Key != want {
			t.Errorf("%s goes to %s, want %s", body, got.Key, want)
		}
	}
}

func TestSelectionExpression(t *testing.T) {
	for expr, want := range map[string]string{
		"$request.body.action":                "action",
		"${request.body.type}":                "type",
		"$request.body.a.b":                   "",
		"$request.body.":                      "",
		"$request.header.action":              "",
		"action":                              "",
		"":                                    "",
		"${request.body.a}/${request.body.b}": "",
	} {
		if got, err := parseSelection(expr); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", expr, got, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"stage":     {func(c *Config) { c.Stage = "a/b" }, `stage "a/b"`},
		"invoke":    {func(c *Config) { c.Invoke = nil }, "invoke: missing"},
		"selection": {func(c *Config) { c.SelectionExpression = "x" }, `selection expression "x"`},
		"twice":     {func(c *Config) { c.Routes[3].Key = "sendMessage" }, `route "sendMessage": defined twice`},
		"dollar":    {func(c *Config) { c.Routes[3].Key = "$other" }, `route "$other": key: want`},
		"no key":    {func(c *Config) { c.Routes[3].Key = "" }, `route "": key: missing`},
		"function":  {func(c *Config) { c.Routes[2].Function = "" }, `route "sendMessage": function: missing`},
		"timeout":   {func(c *Config) { c.Routes[2].Timeout = time.Minute }, `route "sendMessage": timeout 1m0s`},
		"frame":     {func(c *Config) { c.Limits.FrameBytes = 1 << 16 }, "limit of 65536 bytes"},
		"negative":  {func(c *Config) { c.Limits.Idle = -1 }, "want none below 0"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig(newFunctions(t))
			tc.change(&cfg)
			if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// errorFrame is the frame that the gateway itself sends.
func errorFrame(message string, in invocation) string {
	rc := in.event.RequestContext
	return fmt.Sprintf(`{"message": %q, "connectionId":%q, "requestId":%q}`, message, rc.ConnectionID, rc.RequestID)
}

func TestResponses(t *testing.T) {
	h := start(t)
	client, _ := h.dial(nil)
	for name, tc := range map[string]struct{ result, want string }{
		"body":           {`{"statusCode":200,"body":"hello"}`, "hello"},
		"escaped":        {`{"statusCode":200,"headers":null,"body":"{\"type\":\"ack\",\"t\":\"\u00e4\\n\"}"}`, `{"type":"ack","t":"ä\n"}`},
		"whatever code":  {`{"statusCode":500,"body":"sorry"}`, "sorry"},
		"invalid UTF-8":  {"{\"statusCode\":200,\"body\":\"a\xffb\"}", "a\uFFFDb"},
		"over one frame": {`{"statusCode":200,"body":"` + strings.Repeat("x", 100_000) + `"}`, strings.Repeat("x", 100_000)},
	} {
		t.Run(name, func(t *testing.T) {
			h.returns("send", tc.result)
			h.write(client, `{"action":"sendMessage"}`)
			h.next("send")
			if got := h.read(client); got != tc.want {
				t.Errorf("got %.80q, want %.80q", got, tc.want)
			}
		})
	}
}

func TestNoResponses(t *testing.T) {
	h := start(t)
	client, id := h.dial(nil)
	for _, tc := range []struct{ function, action, result string }{
		{"oneway", "oneWay", `{"statusCode":200,"body":"dropped"}`},
		{"oneway", "oneWay", `{"statusCode":500}`},
		{"send", "sendMessage", `{"statusCode":200}`},
		{"send", "sendMessage", `{"statusCode":200,"body":null}`},
		{"send", "sendMessage", `{"statusCode":200,"body":""}`},
	} {
		h.returns(tc.function, tc.result)
		h.write(client, `{"action":"`+tc.action+`"}`)
		h.next(tc.function)
		h.answered(id)
		h.post(id, "end")
		if got := h.read(client); got != "end" {
			t.Errorf("%s sent %q for %s", tc.action, got, tc.result)
		}
	}
}

func TestErrorFrames(t *testing.T) {
	h := start(t)
	client, _ := h.dial(nil)
	returned := func(payload string) func(context.Context, invocation) (Response, error) {
		return func(context.Context, invocation) (Response, error) { return Response{Payload: []byte(payload)}, nil }
	}
	for name, tc := range map[string]struct {
		handler func(context.Context, invocation) (Response, error)
		want    string
	}{
		"crash": {func(context.Context, invocation) (Response, error) {
			return Response{Payload: []byte(`{"statusCode":200,"body":"x"}`), Failure: "Boom: no luck"}, nil
		}, textInternal},
		"throttled": {func(context.Context, invocation) (Response, error) {
			return Response{}, errors.New("throttled")
		}, textInternal},
		"null":        {returned(`null`), textInternal},
		"no status":   {returned(`{"body":"x"}`), textInternal},
		"body object": {returned(`{"statusCode":200,"body":{"x":1}}`), textInternal},
	} {
		for action, function := range map[string]string{"sendMessage": "send", "oneWay": "oneway"} {
			t.Run(name+" "+action, func(t *testing.T) {
				h.handle(function, tc.handler)
				h.write(client, `{"action":"`+action+`"}`)
				got := h.read(client)
				if want := errorFrame(tc.want, h.next(function)); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			})
		}
	}
	t.Run("too long", func(t *testing.T) {
		h.returns("send", `{"statusCode":200,"body":"`+strings.Repeat("x", 128<<10+1)+`"}`)
		h.write(client, `{"action":"sendMessage"}`)
		if got, want := h.read(client), errorFrame(textInternal, h.next("send")); got != want {
			t.Errorf("got  %.80s\nwant %s", got, want)
		}
	})
}

func TestForbiddenWithoutDefault(t *testing.T) {
	h := start(t, func(cfg *Config) {
		cfg.Routes = cfg.Routes[:4]
		cfg.Limits.InFlight = 1
	})
	client, id := h.dial(nil)
	for _, body := range []string{`{"action":"other"}`, `not JSON`, ``, `{"action":"$connect"}`} {
		h.write(client, body)
		var frame struct{ Message, ConnectionID, RequestID string }
		got := h.read(client)
		if err := json.Unmarshal([]byte(got), &frame); err != nil {
			t.Fatal(err)
		}
		if frame.Message != "Forbidden" || frame.ConnectionID != id || !idForm.MatchString(frame.RequestID) {
			t.Errorf("%s: %s", body, got)
		}
	}
	h.write(client, `{"action":"oneWay"}`) // still open
	h.next("oneway")
}

func TestMessagesRunSideBySide(t *testing.T) {
	h := start(t)
	client, _ := h.dial(nil)
	const n = 10
	release := make(chan struct{})
	h.handle("send", func(_ context.Context, in invocation) (Response, error) {
		if in.event.Body == `{"action":"sendMessage","last":true}` {
			close(release)
		}
		<-release // nobody returns before the last has been called
		return Response{Payload: []byte(`{"statusCode":200,"body":"done"}`)}, nil
	})
	for range n - 1 {
		h.write(client, `{"action":"sendMessage"}`)
	}
	h.write(client, `{"action":"sendMessage","last":true}`)
	for range n {
		if got := h.read(client); got != "done" {
			t.Errorf("got %q", got)
		}
	}
}

func TestMessagesUnderWayAreBounded(t *testing.T) {
	h := start(t, func(cfg *Config) { cfg.Limits.InFlight = 2 })
	client, id := h.dial(nil)
	release := make(chan struct{})
	h.handle("oneway", func(context.Context, invocation) (Response, error) {
		<-release
		return Response{Payload: []byte(`{"statusCode":200}`)}, nil
	})
	for range 5 {
		h.write(client, `{"action":"oneWay"}`)
	}
	h.next("oneway")
	h.next("oneway")
	c, _ := h.g.find(id)
	if len(c.slots) != 2 {
		t.Errorf("%d under way", len(c.slots))
	}
	release <- struct{}{} // one returns: one more
	h.next("oneway")
	h.none("oneway")
	close(release)
	h.next("oneway")
	h.next("oneway")
}

// A connection whose messages are all under way can still be closed by the server.
func TestCloseWhileNotReading(t *testing.T) {
	h := start(t, func(cfg *Config) { cfg.Limits.InFlight = 1 })
	client, id := h.dial(nil)
	release := make(chan struct{})
	defer close(release)
	h.handle("oneway", func(context.Context, invocation) (Response, error) {
		<-release
		return Response{Payload: []byte(`{"statusCode":200}`)}, nil
	})
	for range 3 {
		h.write(client, `{"action":"oneWay"}`)
	}
	h.next("oneway")
	if status, _, _ := h.request("DELETE", "/dev/@connections/"+id, nil); status != 204 {
		t.Fatal(status)
	}
	if code, _ := h.readClose(client); code != 1000 {
		t.Errorf("closed with %d", code)
	}
	h.next("disconnect")
	h.none("oneway")
}
