package gateway

import (
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	"github.com/gobwas/ws"
)

// fill posts until the buffer of a client that does not read is full, and returns how many messages were accepted.
func (h *harness) fill(id, text string) int {
	h.t.Helper()
	for accepted := 0; ; accepted++ {
		switch status := h.post(id, text); status {
		case 200:
		case 429:
			return accepted
		default:
			h.t.Fatalf("POST: %d", status)
		}
	}
}

func TestSlowReader(t *testing.T) {
	h := start(t)
	slow, id := h.dialRaw()
	quick, quickID := h.dial(nil)
	text := strings.Repeat("x", 30_000)
	accepted := h.fill(id, text)
	t.Logf("%d messages of %d bytes until 429", accepted, len(text))

	_, err := h.sdk("dev").PostToConnection(h.ctx(), &apigatewaymanagementapi.PostToConnectionInput{
		ConnectionId: &id, Data: []byte(text),
	})
	var full *types.LimitExceededException
	if !errors.As(err, &full) {
		t.Errorf("POST to a full buffer: %v", err)
	}
	h.post(quickID, "others are not held up")
	h.read(quick)

	for i := range accepted {
		if f := slow.frame(); len(f.Payload) != len(text) {
			t.Fatalf("message %d: %+v", i, f.Header)
		}
	}
	if status := h.post(id, "again"); status != 200 {
		t.Errorf("POST after the client has caught up: %d", status)
	}
	if f := slow.frame(); string(f.Payload) != "again" {
		t.Errorf("got %q", f.Payload)
	}
	c, _ := h.g.find(id)
	h.until("memory or a writer is left behind", c.out.isIdle)
}

func (o *outbox) isIdle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.writer == nobody && o.pending == nil
}

// Closing a connection whose client does not read takes CloseTimeout, not for ever.
func TestCloseOfSlowReader(t *testing.T) {
	h := start(t, func(cfg *Config) { cfg.Limits.CloseTimeout = 50 * time.Millisecond })
	_, id := h.dialRaw()
	h.fill(id, strings.Repeat("x", 30_000))
	if status, _, _ := h.request("DELETE", "/dev/@connections/"+id, nil); status != 204 {
		t.Error(status)
	}
	h.expectDisconnect(1000, "Connection Closed Normally")
}

// A client that vanishes with messages under way to it leaves nothing behind.
func TestSlowReaderVanishes(t *testing.T) {
	h := start(t)
	slow, id := h.dialRaw()
	h.fill(id, strings.Repeat("x", 30_000))
	slow.conn.Close()
	h.expectDisconnect(1006, "Connection closed abnormally")
	if status := h.post(id, "x"); status != 410 {
		t.Errorf("POST: %d, want 410", status)
	}
}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Pings that cannot be answered do not pile up.
func TestPingsOfSlowReader(t *testing.T) {
	server, client := net.Pipe()
	defer client.Close()
	out := newOutbox(server, 1000)
	go func() { // the reply, and nothing after it
		buffer := make([]byte, 5)
		client.Read(buffer)
	}()
	out.begin([]byte("reply"))
	frame := appendFrameHeader(nil, ws.OpPong, true, 0)
	taken := 0
	for out.send(frame) == nil {
		taken++
	}
	if taken != 500 {
		t.Errorf("%d pongs of 2 bytes taken into 1000", taken)
	}
	out.abort()
	<-out.drained
	if err := out.send(frame); !errors.Is(err, errGone) {
		t.Errorf("got %v", err)
	}
}
