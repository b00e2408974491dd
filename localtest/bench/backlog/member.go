package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/coder/websocket"

	"serverlesschat/internal/chat"
)

// member is a connection that counts what is pushed to it.
type member struct {
	conn    *websocket.Conn
	replies chan reply    // to the request that waits, or to one that has given up
	asked   int           // requests so far; used by who asks
	ended   chan struct{} // closed when the connection has ended

	mu    sync.Mutex
	order order
	fault error // the first thing that was not expected
}

// reply is a frame that is no push.
type reply struct {
	Type      string `json:"type"`
	RequestID string `json:"request_id"`
	Error     *struct {
		Code string `json:"code"`
	} `json:"error"`
}

func dial(ctx context.Context, url, token string) (*member, error) {
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + token}},
	})
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	conn.SetReadLimit(128 << 10)
	m := &member{conn: conn, replies: make(chan reply, 1), ended: make(chan struct{})}
	go m.read()
	return m, nil
}

func (m *member) drop() {
	_ = m.conn.CloseNow()
	<-m.ended
}

func (m *member) read() {
	defer close(m.ended)
	var frame bytes.Buffer
	for {
		_, r, err := m.conn.Reader(context.Background())
		if err != nil {
			return
		}
		frame.Reset()
		if _, err := io.Copy(&frame, r); err != nil {
			return
		}
		m.got(frame.Bytes())
	}
}

var pushStart = []byte(`{"type":"messages"`)

func (m *member) got(frame []byte) {
	if bytes.HasPrefix(frame, pushStart) {
		m.mu.Lock()
		defer m.mu.Unlock()
		eachID(frame, m.order.see)
		return
	}
	var r reply
	if err := json.Unmarshal(frame, &r); err != nil || r.Type == "" { // such as the gateway's own error frame
		m.fail(fmt.Errorf("unexpected frame: %.200s", frame))
		r.Type = "unexpected" // whoever waits is to learn it
	}
	if r.Type == "room" || r.Type == "presence" { // told besides, to nobody who waits
		return
	}
	select {
	case m.replies <- r:
	default: // nobody asks any more
	}
}

func (m *member) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fault == nil {
		m.fault = err
	}
}

// ask sends a request and waits for a reply of the type. It is called by one goroutine at a time.
func (m *member) ask(ctx context.Context, want string, request map[string]any) error {
	m.asked++
	id := strconv.Itoa(m.asked)
	request["request_id"] = id
	data, err := json.Marshal(request)
	if err != nil {
		return err
	}
	if err := m.conn.Write(ctx, websocket.MessageText, data); err != nil {
		return err
	}
	for {
		select {
		case r := <-m.replies:
			switch {
			case r.RequestID != id && r.RequestID != "": // to one that has given up
			case r.Error != nil:
				return fmt.Errorf("%s: %s", want, r.Error.Code)
			case r.Type != want:
				return fmt.Errorf("got %q instead of %q", r.Type, want)
			default:
				return nil
			}
		case <-m.ended:
			return errors.New("connection ended")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *member) join(ctx context.Context, room chat.RoomID) error {
	return m.ask(ctx, "joined", map[string]any{"action": "joinRoom", "room_id": room})
}

func (m *member) send(ctx context.Context, room chat.RoomID) error {
	return m.ask(ctx, "ack", map[string]any{
		"action": "sendMessage", "room_id": room, "client_message_id": "wake", "content": "wake",
	})
}
