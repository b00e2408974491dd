package gateway

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
)

func (h *harness) expectDisconnect(code int64, reason string) {
	h.t.Helper()
	rc := h.next("disconnect").event.RequestContext
	if rc.DisconnectStatusCode != code || rc.DisconnectReason == nil || *rc.DisconnectReason != reason {
		h.t.Errorf("$disconnect saw %d %q, want %d %q", rc.DisconnectStatusCode, *rc.DisconnectReason, code, reason)
	}
}

func TestClientCloses(t *testing.T) {
	for name, tc := range map[string]struct {
		frame  []byte
		code   int64
		reason string
		echo   int
	}{
		"normal":      {maskedClose(1000, "bye"), 1000, "bye", 1000},
		"going away":  {maskedClose(1001, ""), 1001, "", 1001},
		"restart":     {maskedClose(1012, ""), 1012, "", 1012},
		"application": {maskedClose(4999, "ä"), 4999, "ä", 4999},
		"no code":     {masked(ws.OpClose, true, ""), 1005, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			c, id := h.dialRaw()
			c.write(tc.frame, masked(ws.OpText, true, "after the close frame"))
			if reason := c.expectClose(tc.echo); reason != "" {
				t.Errorf("reason came back: %q", reason)
			}
			if status := h.post(id, "x"); status != 410 {
				t.Errorf("POST: %d, want 410", status)
			}
			h.expectDisconnect(tc.code, tc.reason)
			c.conn.Close()
			h.close()
			h.none("disconnect")
			h.none("default")
		})
	}
}

func TestClientVanishes(t *testing.T) {
	h := start(t)
	c, id := h.dialRaw()
	c.write([]byte{0x81}) // in the middle of a frame
	c.conn.Close()
	h.expectDisconnect(1006, "Connection closed abnormally")
	if status := h.post(id, "x"); status != 410 {
		t.Errorf("POST: %d, want 410", status)
	}
	c, _ = h.dialRaw()
	c.conn.(*net.TCPConn).SetLinger(0) // a reset
	c.conn.Close()
	h.expectDisconnect(1006, "Connection closed abnormally")
}

func TestServerCloses(t *testing.T) {
	h := start(t)
	client, id := h.dial(nil)
	for i, want := range []int{204, 410} {
		if status, _, _ := h.request("DELETE", "/dev/@connections/"+id, nil); status != want {
			t.Errorf("DELETE %d: %d, want %d", i, status, want)
		}
	}
	if status := h.post(id, "x"); status != 410 {
		t.Errorf("POST: %d, want 410", status)
	}
	if status, _, _ := h.request("GET", "/dev/@connections/"+id, nil); status != 410 {
		t.Errorf("GET: %d, want 410", status)
	}
	if code, reason := h.readClose(client); code != 1000 || reason != "Connection Closed Normally" {
		t.Errorf("closed with %d %q", code, reason)
	}
	h.expectDisconnect(1000, "Connection Closed Normally")
}

// What was accepted before the close frame arrives before it.
func TestPostsBeforeDeleteArrive(t *testing.T) {
	h := start(t)
	client, id := h.dial(nil)
	for range 20 {
		h.post(id, "x")
	}
	h.request("DELETE", "/dev/@connections/"+id, nil)
	for range 20 {
		h.read(client)
	}
	h.readClose(client)
}

func TestCloseFrameIsNeverAnswered(t *testing.T) {
	h := start(t, func(cfg *Config) { cfg.Limits.CloseTimeout = 50 * time.Millisecond })
	c, id := h.dialRaw()
	h.request("DELETE", "/dev/@connections/"+id, nil)
	c.expectClose(1000)
	c.write(masked(ws.OpText, true, "instead of an answer"))
	h.expectDisconnect(1000, "Connection Closed Normally")
	h.none("default")
	if _, err := c.r.ReadByte(); err == nil {
		t.Error("socket is still open")
	}
}

// Both sides close at once: the server's code stands, for it came first.
func TestBothClose(t *testing.T) {
	h := start(t)
	c, id := h.dialRaw()
	h.request("DELETE", "/dev/@connections/"+id, nil)
	c.write(maskedClose(4000, "me too"))
	c.expectClose(1000)
	c.expectEOF()
	h.expectDisconnect(1000, "Connection Closed Normally")
}

func TestDisconnectFails(t *testing.T) {
	h := start(t)
	h.handle("disconnect", func(context.Context, invocation) (Response, error) { return Response{}, errors.New("throttled") })
	client, _ := h.dial(nil)
	client.CloseNow()
	h.next("disconnect")
	h.close()
	h.none("disconnect") // it is not tried again
}

// From inside $disconnect the connection is gone.
func TestPostInsideDisconnect(t *testing.T) {
	h := start(t)
	status := make(chan int, 1)
	h.handle("disconnect", func(_ context.Context, in invocation) (Response, error) {
		status <- h.post(in.event.RequestContext.ConnectionID, "x")
		return Response{Payload: []byte(`{"statusCode":200}`)}, nil
	})
	client, _ := h.dial(nil)
	client.Close(websocket.StatusNormalClosure, "")
	if got := <-status; got != 410 {
		t.Errorf("POST: %d, want 410", got)
	}
}

// $disconnect does not wait for messages whose functions still run.
func TestDisconnectOvertakesMessages(t *testing.T) {
	h := start(t)
	release := make(chan struct{})
	h.handle("send", func(context.Context, invocation) (Response, error) {
		<-release
		return Response{Payload: []byte(`{"statusCode":200,"body":"too late"}`)}, nil
	})
	client, _ := h.dial(nil)
	h.write(client, `{"action":"sendMessage"}`)
	h.next("send")
	client.Close(websocket.StatusNormalClosure, "")
	h.next("disconnect")
	close(release)
}

func TestGatewayCloses(t *testing.T) {
	h := start(t)
	const n = 5
	var clients []*websocket.Conn
	for range n {
		client, _ := h.dial(nil)
		clients = append(clients, client)
	}
	codes := make(chan int, n)
	for _, client := range clients {
		go func() {
			code, _ := h.readClose(client)
			codes <- code
		}()
	}
	h.close()
	for range n {
		if code := <-codes; code != 1001 {
			t.Errorf("closed with %d", code)
		}
		select { // Close has waited for them
		case in := <-h.of("disconnect"):
			if rc := in.event.RequestContext; rc.DisconnectStatusCode != 1001 {
				t.Errorf("$disconnect saw %d", rc.DisconnectStatusCode)
			}
		default:
			t.Error("$disconnect was not invoked")
		}
	}
}

// Close is bounded by its context, whatever clients and functions do.
func TestGatewayClosesInTime(t *testing.T) {
	h := start(t, func(cfg *Config) { cfg.Limits.CloseTimeout = time.Hour })
	stuck := make(chan struct{})
	h.handle("oneway", func(ctx context.Context, _ invocation) (Response, error) {
		close(stuck)
		<-ctx.Done()
		return Response{}, ctx.Err()
	})
	c, _ := h.dialRaw() // never answers a close frame
	c.write(masked(ws.OpText, true, `{"action":"oneWay"}`))
	<-stuck
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := h.g.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
