package gateway

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	"github.com/coder/websocket"

	"serverlesschat/localtest/aws/jsonwalk"
)

// tokens returns a bucket with n tokens that is never filled again.
func tokens(n int64) (Limiter, *atomic.Int64) {
	left := new(atomic.Int64)
	left.Store(n)
	return func() bool { return left.Add(-1) >= 0 }, left
}

func TestHandshakesAreThrottled(t *testing.T) {
	for name, change := range map[string]func(*Config, Limiter){
		"by the quota of connections":     func(c *Config, l Limiter) { c.Throttles.Handshakes = l },
		"by the stage":                    func(c *Config, l Limiter) { c.Throttles.Stage = l },
		"by the route":                    func(c *Config, l Limiter) { c.Routes[0].Throttle = l },
		"by the stage, without $connect":  func(c *Config, l Limiter) { c.Routes, c.Throttles.Stage = c.Routes[1:], l },
		"by the quota, under the stage's": func(c *Config, l Limiter) { c.Throttles.Handshakes, c.Throttles.Stage = l, full },
	} {
		t.Run(name, func(t *testing.T) {
			one, _ := tokens(1)
			h := start(t, func(c *Config) { change(c, one) })
			client, _, err := websocket.Dial(h.ctx(), h.url("/dev"), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseNow()
			status, header, body := h.request("GET", "/dev", nil)
			if status != 426 {
				t.Errorf("a request that is no handshake: %d %v %s", status, header, body)
			}
			_, resp, err := websocket.Dial(h.ctx(), h.url("/dev"), nil)
			if err == nil || resp.StatusCode != http.StatusTooManyRequests {
				t.Errorf("the second handshake: %v, %v, want 429", resp, err)
			}
		})
	}
}

func full() bool { return true }

func TestWhatTheStageRefusesTakesNothingFromTheQuotaOfConnections(t *testing.T) {
	quota, left := tokens(1)
	h := start(t, func(c *Config) {
		c.Throttles.Handshakes, c.Throttles.Stage = quota, func() bool { return false }
	})
	if _, resp, err := websocket.Dial(h.ctx(), h.url("/dev"), nil); err == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("handshake: %v, %v, want 429", resp, err)
	}
	h.close()
	h.none("connect")
	if left.Load() != 1 {
		t.Errorf("%d tokens are left of 1", left.Load())
	}
}

func TestMessagesAreThrottled(t *testing.T) {
	for name, change := range map[string]func(*Config, Limiter){
		"by the stage":   func(c *Config, l Limiter) { c.Routes[0].Throttle, c.Throttles.Stage = full, l },
		"by the route":   func(c *Config, l Limiter) { c.Routes[3].Throttle, c.Throttles.Stage = l, full },
		"by the account": func(c *Config, l Limiter) { c.Throttles.Account = l },
	} {
		t.Run(name, func(t *testing.T) {
			one, left := tokens(1)
			h := start(t, func(c *Config) { change(c, one) })
			client, id := h.dial(nil)
			h.write(client, `{"action":"oneWay"}`)
			h.next("oneway")
			h.write(client, `{"action":"oneWay"}`)
			expectThrottled(t, h.read(client), id)
			left.Store(1) // a token has come: the connection is still open
			h.write(client, `{"action":"oneWay"}`)
			h.next("oneway")
			h.close()
			h.none("oneway")
		})
	}
}

func expectThrottled(t *testing.T, frame, id string) {
	t.Helper()
	requestID, _ := jsonwalk.Member([]byte(frame), "requestId")
	want := `{"message": "Too Many Requests", "connectionId":"` + id + `", "requestId":` + string(requestID) + `}`
	if frame != want || !idForm.MatchString(strings.Trim(string(requestID), `"`)) {
		t.Errorf("got %s, want %s", frame, want)
	}
}

func TestAMessageThatNoRouteTakesIsThrottledToo(t *testing.T) {
	one, _ := tokens(1)
	h := start(t, func(c *Config) {
		c.Routes = []Route{{Key: "$connect", Function: "connect", Throttle: full}}
		c.Throttles.Stage = one
	})
	client, id := h.dial(nil)
	h.write(client, `{}`)
	if got := h.read(client); !strings.Contains(got, textForbidden) {
		t.Errorf("got %s", got)
	}
	h.write(client, `{}`)
	expectThrottled(t, h.read(client), id)
}

func TestARoutesOwnBucketIsNotTheStages(t *testing.T) {
	none := func() bool { return false }
	h := start(t, func(c *Config) {
		c.Routes[0].Throttle, c.Routes[3].Throttle, c.Throttles.Stage = full, full, none
	})
	client, id := h.dial(nil)
	h.write(client, `{"action":"oneWay"}`)
	h.next("oneway")
	h.write(client, `{"action":"sendMessage"}`)
	expectThrottled(t, h.read(client), id)
}

func TestAThrottledMessageMayCloseTheConnection(t *testing.T) {
	one, _ := tokens(1)
	h := start(t, func(c *Config) { c.Throttles.Account, c.Throttles.CloseClient = one, true })
	client, id := h.dial(nil)
	h.write(client, `{"action":"oneWay"}`)
	h.write(client, `{"action":"oneWay"}`)
	expectThrottled(t, h.read(client), id)
	if code, reason := h.readClose(client); code != 1008 || reason != textThrottled {
		t.Errorf("closed with %d %q", code, reason)
	}
	if got := h.next("disconnect").event.RequestContext.DisconnectStatusCode; got != 1008 {
		t.Errorf("$disconnect saw %d", got)
	}
}

// Frames and the three management calls draw from the account's bucket alike; handshakes do not.
func TestTheAccountsBucket(t *testing.T) {
	account, left := tokens(4)
	h := start(t, func(c *Config) { c.Throttles.Account = account })
	client, id := h.dial(nil)
	h.write(client, `{"action":"oneWay"}`)
	h.next("oneway")
	api := h.sdk("dev")
	post := func() error {
		_, err := api.PostToConnection(h.ctx(), &apigatewaymanagementapi.PostToConnectionInput{ConnectionId: &id, Data: []byte("x")})
		return err
	}
	get := func() error {
		_, err := api.GetConnection(h.ctx(), &apigatewaymanagementapi.GetConnectionInput{ConnectionId: &id})
		return err
	}
	remove := func() error {
		_, err := api.DeleteConnection(h.ctx(), &apigatewaymanagementapi.DeleteConnectionInput{ConnectionId: &id})
		return err
	}
	for n, call := range []func() error{post, get} {
		if err := call(); err != nil {
			t.Errorf("call %d: %v", n, err)
		}
	}
	if left.Load() != 1 {
		t.Errorf("%d tokens are left, want 1", left.Load())
	}
	left.Store(0)
	for name, call := range map[string]func() error{"POST": post, "GET": get, "DELETE": remove} {
		if err := call(); !isError[*types.LimitExceededException](err) {
			t.Errorf("%s: %v, want LimitExceededException", name, err)
		}
	}
	status, header, body := h.request("POST", "/dev/@connections/"+id, strings.NewReader("x"))
	if status != 429 || header.Get("x-amzn-ErrorType") != "LimitExceededException" || body != "" || !idForm.MatchString(header.Get("x-amzn-RequestId")) {
		t.Errorf("POST without an SDK: %d %v %s", status, header, body)
	}
	if got := h.read(client); got != "x" {
		t.Errorf("the client got %q", got)
	}
	left.Store(1)
	if err := remove(); err != nil {
		t.Errorf("DELETE with a token: %v", err)
	}
}
