package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
)

func TestHandshakeWaitsForConnect(t *testing.T) {
	h := start(t)
	release := make(chan struct{})
	h.handle("connect", func(context.Context, invocation) (Response, error) {
		<-release
		return Response{Payload: []byte(`{"statusCode":204}`)}, nil
	})
	dialled := make(chan error, 1)
	go func() {
		client, _, err := websocket.Dial(h.ctx(), h.url("/dev"), nil)
		if err == nil {
			h.t.Cleanup(func() { client.CloseNow() })
		}
		dialled <- err
	}()
	id := h.next("connect").event.RequestContext.ConnectionID
	if status := h.post(id, "too early"); status != 410 {
		t.Errorf("POST inside $connect: %d, want 410", status)
	}
	select {
	case err := <-dialled:
		t.Fatalf("handshake ended before $connect: %v", err)
	default:
	}
	close(release)
	if err := <-dialled; err != nil {
		t.Fatal(err)
	}
}

func TestHandshakeRefused(t *testing.T) {
	returned := func(payload string) func(context.Context, invocation) (Response, error) {
		return func(context.Context, invocation) (Response, error) { return Response{Payload: []byte(payload)}, nil }
	}
	for name, tc := range map[string]struct {
		connect func(context.Context, invocation) (Response, error)
		status  int
		message string
	}{
		"400":                 {returned(`{"statusCode":400}`), 400, "Bad Request"},
		"401":                 {returned(`{"statusCode":401,"body":"no"}`), 401, "Unauthorized"},
		"403":                 {returned(`{"statusCode":403,"headers":null}`), 403, "Forbidden"},
		"429":                 {returned(`{"statusCode":429}`), 429, "Too Many Requests"},
		"302":                 {returned(`{"statusCode":302}`), 302, "Found"},
		"500":                 {returned(`{"statusCode":500}`), 500, "Internal Server Error"},
		"null":                {returned(`null`), 502, textInternal},
		"nothing":             {returned(``), 502, textInternal},
		"not an object":       {returned(`"ok"`), 502, textInternal},
		"no status":           {returned(`{"body":"ok"}`), 502, textInternal},
		"other case":          {returned(`{"StatusCode":200}`), 502, textInternal},
		"status is a string":  {returned(`{"statusCode":"200"}`), 502, textInternal},
		"status out of range": {returned(`{"statusCode":99}`), 502, textInternal},
		"body is an object":   {returned(`{"statusCode":200,"body":{}}`), 502, textInternal},
		"not JSON":            {returned(`{"statusCode":200`), 502, textInternal},
		"headers are a list":  {returned(`{"statusCode":200,"headers":[]}`), 502, textInternal},
		"split header": {returned(`{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"a\r\nb: c"}}`),
			502, textInternal},
		"crash": {func(context.Context, invocation) (Response, error) {
			return Response{Payload: []byte(`{"statusCode":200}`), Failure: "Boom: no luck"}, nil
		}, 502, textInternal},
		"not invoked": {func(context.Context, invocation) (Response, error) {
			return Response{}, errors.New("throttled")
		}, 502, textInternal},
		"slow": {func(ctx context.Context, _ invocation) (Response, error) {
			<-ctx.Done()
			return Response{}, ctx.Err()
		}, 504, textTimedOut},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, func(cfg *Config) {
				if name == "slow" {
					cfg.Routes[0].Timeout = 50 * time.Millisecond
				}
			})
			h.handle("connect", tc.connect)
			client, resp, err := websocket.Dial(h.ctx(), h.url("/dev"), nil)
			if err == nil {
				client.CloseNow()
				t.Fatal("let in")
			}
			if resp.StatusCode != tc.status {
				t.Fatalf("status %d, want %d", resp.StatusCode, tc.status)
			}
			body, _ := io.ReadAll(resp.Body)
			rc := h.next("connect").event.RequestContext
			want := `{"message": "` + tc.message + `", "connectionId":"` + rc.ConnectionID + `", "requestId":"` + rc.RequestID + `"}`
			if string(body) != want {
				t.Errorf("body %s\nwant %s", body, want)
			}
			if status := h.post(rc.ConnectionID, "x"); status != 410 {
				t.Errorf("POST: %d, want 410", status)
			}
			h.close()
			h.none("disconnect")
		})
	}
}

func TestSubprotocol(t *testing.T) {
	for name, tc := range map[string]struct{ result, want string }{
		"chosen":     {`{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"chat.v1"}}`, "chat.v1"},
		"lower case": {`{"statusCode":200,"headers":{"x":"y","sec-websocket-protocol":"chat.v1"}}`, "chat.v1"},
		"none":       {`{"statusCode":200,"headers":{"x-other":"chat.v1"}}`, ""},
		"no headers": {`{"statusCode":200}`, ""},
		"null":       {`{"statusCode":200,"headers":null}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			h.returns("connect", tc.result)
			client, resp, err := websocket.Dial(h.ctx(), h.url("/dev"), &websocket.DialOptions{
				Subprotocols: []string{"chat.v1", "bearer.TOKEN"},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseNow()
			if got := client.Subprotocol(); got != tc.want {
				t.Errorf("subprotocol %q, want %q", got, tc.want)
			}
			if _, ok := resp.Header["Sec-Websocket-Protocol"]; ok != (tc.want != "") {
				t.Errorf("header: %v", resp.Header)
			}
			if resp.Header.Get("X-Other") != "" {
				t.Error("another header came through")
			}
			if got := h.next("connect").event.Headers["Sec-Websocket-Protocol"]; got != "chat.v1,bearer.TOKEN" {
				t.Errorf("the function saw %q", got)
			}
		})
	}
}

func TestHandshakeWithoutConnectRoute(t *testing.T) {
	h := start(t, func(cfg *Config) { cfg.Routes = cfg.Routes[1:] })
	client, _, err := websocket.Dial(h.ctx(), h.url("/dev/"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseNow()
	h.write(client, `{"action":"sendMessage"}`)
	h.next("send")
}

func TestRequestsThatAreNoHandshake(t *testing.T) {
	h := start(t)
	good := http.Header{
		"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"WebSocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
	}
	with := func(name string, values ...string) http.Header {
		header := good.Clone()
		header[name] = values
		return header
	}
	for name, tc := range map[string]struct {
		method, path string
		header       http.Header
		status       int
		body         string
	}{
		"plain GET":       {"GET", "/dev", nil, 426, `{"message":"Upgrade Required"}`},
		"wrong stage":     {"GET", "/prod", good, 403, `{"message":"Forbidden"}`},
		"longer stage":    {"GET", "/devel", good, 403, `{"message":"Forbidden"}`},
		"below the stage": {"GET", "/dev/x", good, 403, `{"message":"Forbidden"}`},
		"no stage":        {"GET", "/", good, 403, `{"message":"Forbidden"}`},
		"POST":            {"POST", "/dev", good, 403, `{"message":"Forbidden"}`},
		"old version":     {"GET", "/dev", with("Sec-Websocket-Version", "8"), 426, `{"message":"Upgrade Required"}`},
		"other protocol":  {"GET", "/dev", with("Upgrade", "h2c"), 426, `{"message":"Upgrade Required"}`},
		"no key":          {"GET", "/dev", with("Sec-Websocket-Key"), 400, `{"message":"Bad Request"}`},
		"bad key":         {"GET", "/dev", with("Sec-Websocket-Key", "c2hvcnQ="), 400, `{"message":"Bad Request"}`},
		"two keys": {"GET", "/dev", with("Sec-Websocket-Key", good.Get("Sec-Websocket-Key"), "x"), 400,
			`{"message":"Bad Request"}`},
		"long URL": {"GET", "/dev?x=" + strings.Repeat("y", 4096), good, 414, `{"message":"Request URI Too Long"}`},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequest(tc.method, h.url(tc.path), nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header = tc.header
			resp, err := h.srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != tc.status || string(body) != tc.body {
				t.Errorf("got %d %s, want %d %s", resp.StatusCode, body, tc.status, tc.body)
			}
			if upgrade := resp.Header.Get("Upgrade"); (upgrade == "websocket") != (tc.status == 426) {
				t.Errorf("Upgrade: %q", upgrade)
			}
		})
	}
	h.none("connect")
}

func TestFramesSentWithTheHandshake(t *testing.T) {
	h := start(t)
	conn, err := net.Dial("tcp", h.srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	early := masked(ws.OpText, true, `{"action":"oneWay","n":1}`)
	rest := masked(ws.OpText, true, `{"action":"oneWay","n":2}`)
	c := shakeHands(t, conn, string(early)+string(rest[:5]))
	c.write(rest[5:])
	got := h.next("oneway").event.Body + h.next("oneway").event.Body
	if len(got) != 2*len(`{"action":"oneWay","n":1}`) || !strings.Contains(got, `"n":1`) || !strings.Contains(got, `"n":2`) {
		t.Errorf("got %s", got)
	}
}

func TestClientGoesDuringConnect(t *testing.T) {
	h := start(t)
	release := make(chan struct{})
	h.handle("connect", func(context.Context, invocation) (Response, error) {
		<-release
		return Response{Payload: []byte(`{"statusCode":200}`)}, nil
	})
	conn, err := net.Dial("tcp", h.srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(conn, handshakeRequest)
	id := h.next("connect").event.RequestContext.ConnectionID
	conn.Close()
	close(release)
	rc := h.next("disconnect").event.RequestContext
	if rc.ConnectionID != id || rc.DisconnectStatusCode != 1006 {
		t.Errorf("got %d for %s, want 1006 for %s", rc.DisconnectStatusCode, rc.ConnectionID, id)
	}
}

func TestHandshakeAfterClose(t *testing.T) {
	h := start(t)
	h.close()
	_, resp, err := websocket.Dial(h.ctx(), h.url("/dev"), nil)
	if err == nil || resp.StatusCode != 503 {
		t.Errorf("got %v, %v, want 503", resp, err)
	}
}
