// Package chatclient is a WebSocket client of the chat, for end-to-end tests and benchmarks: it sends frames, matches
// replies to them by request_id, and hands over what comes unasked. It knows only the protocol, not the server.
package chatclient

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// Entry is an entry of a room's log as the protocol shows it.
type Entry struct {
	ID              int64               `json:"id"`
	RoomID          string              `json:"room_id"`
	UserID          string              `json:"user_id"`
	Kind            string              `json:"kind"`
	TargetID        int64               `json:"target_id"`
	Content         string              `json:"content"`
	Reaction        string              `json:"reaction"`
	Remove          bool                `json:"remove"`
	Subject         string              `json:"subject"`
	Change          string              `json:"change"`
	Role            string              `json:"role"`
	EditedAt        string              `json:"edited_at"`
	Deleted         bool                `json:"deleted"`
	Reactions       map[string][]string `json:"reactions"`
	UpdatedID       int64               `json:"updated_id"`
	CreatedAt       string              `json:"created_at"`
	ClientMessageID string              `json:"client_message_id"`
}

// Present says whether a user is there.
type Present struct {
	UserID  string `json:"user_id"`
	Status  string `json:"status"`
	Version int64  `json:"version"`
}

// Receipt says how far a member is.
type Receipt struct {
	UserID      string `json:"user_id"`
	DeliveredID int64  `json:"delivered_id"`
	ReadID      int64  `json:"read_id"`
}

// Frame is any frame of the server; fields that its type does not have are zero.
type Frame struct {
	Type      string           `json:"type"`
	RequestID string           `json:"request_id"`
	RoomID    string           `json:"room_id"`
	Message   json.RawMessage  `json:"message"` // an Entry in an ack; text in an error frame of the gateway
	Messages  []Entry          `json:"messages"`
	FirstID   int64            `json:"first_id"`
	LastID    int64            `json:"last_id"`
	More      bool             `json:"more"`
	LastIDs   map[string]int64 `json:"last_ids"`
	Error     *Error           `json:"error"`
	UserID    string           `json:"user_id"` // who types
	Active    bool             `json:"active"`
	Room      json.RawMessage  `json:"room"`   // that one is in now, or that has changed
	Reason    string           `json:"reason"` // why one gets a room no longer

	Receipts    []Receipt `json:"receipts"`
	Users       []Present `json:"users"`        // who has come or gone
	DeliveredID int64     `json:"delivered_id"` // of a marked
	ReadID      int64     `json:"read_id"`

	ExpiresAt   time.Time `json:"expires_at"`  // of an authenticated, a reauthenticate and a pong
	ServerTime  time.Time `json:"server_time"` // of a pong
	ReconnectAt time.Time `json:"reconnect_at"`
	Code        string    `json:"code"` // of a goodbye
	Reconnect   bool      `json:"reconnect"`
	AfterMS     int64     `json:"after_ms"`
	// ConnectionID is in the gateway's own error frames alone, which have no type.
	ConnectionID string `json:"connectionId"`
}

// Error is the body of an error frame.
type Error struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Field     string `json:"field"`
	Retryable bool   `json:"retryable"`
	// RetryAfterMS is how long to wait; 0 where it does not say.
	RetryAfterMS int64 `json:"retry_after_ms"`
}

// Error makes it an error: the code, the field and the message.
func (e *Error) Error() string { return fmt.Sprintf("%s %s: %s", e.Code, e.Field, e.Message) }

// Entry returns the entry of an ack.
func (f Frame) Entry() (Entry, error) {
	var e Entry
	err := json.Unmarshal(f.Message, &e)
	return e, err
}

// Options are the settings of a client.
type Options struct {
	// Push is called with each frame that no request asked for, in the order in which they come, by one goroutine.
	Push func(Frame)
	// Subprotocols are offered in the handshake. With InSubprotocol the token goes there, not into a header.
	Subprotocols  []string
	InSubprotocol bool
	// Origin is that of the page that the client is; empty for none.
	Origin string
}

// Client is an open connection. Its methods may be called from many goroutines.
type Client struct {
	conn   *websocket.Conn
	push   func(Frame)
	trace  Trace
	nextID atomic.Int64
	done   chan struct{} // closed when the connection has ended
	end    error         // why; read after done

	moves   chan struct{} // closed when it is time to move
	move    sync.Once
	goodbye sync.Once

	mu      sync.Mutex
	waiting map[string]chan Frame
}

// maxMessageBytes is the largest message that the gateway sends.
const maxMessageBytes = 128 << 10

// Dial opens a connection with a token. When the handshake is refused, its error is a *Refused.
func Dial(ctx context.Context, url, token string, o Options) (*Client, error) {
	opts := &websocket.DialOptions{Subprotocols: o.Subprotocols}
	switch {
	case o.InSubprotocol:
		opts.Subprotocols = append(opts.Subprotocols, "bearer."+token)
	case token != "":
		opts.HTTPHeader = http.Header{"Authorization": {"Bearer " + token}}
	}
	if o.Origin != "" {
		if opts.HTTPHeader == nil {
			opts.HTTPHeader = http.Header{}
		}
		opts.HTTPHeader.Set("Origin", o.Origin)
	}
	conn, response, err := websocket.Dial(ctx, url, opts)
	if err != nil {
		if response != nil {
			refused(ctx, response.StatusCode)
			return nil, &Refused{Status: response.StatusCode}
		}
		return nil, fmt.Errorf("dial: %w", err)
	}
	conn.SetReadLimit(maxMessageBytes)
	c := &Client{
		conn: conn, push: o.Push, trace: traceOf(ctx), done: make(chan struct{}), moves: make(chan struct{}),
		waiting: map[string]chan Frame{},
	}
	go c.read()
	return c, nil
}

// Refused says that a handshake ended with another status than 101.
type Refused struct{ Status int }

// Error returns the status.
func (r *Refused) Error() string { return "handshake refused: status " + strconv.Itoa(r.Status) }

func (c *Client) read() {
	defer close(c.done)
	for {
		_, data, err := c.conn.Read(context.Background())
		if err != nil {
			c.end = err
			return
		}
		c.trace.Received(data)
		var f Frame
		if err := json.Unmarshal(data, &f); err != nil {
			c.end = fmt.Errorf("frame of the server: %w", err)
			_ = c.conn.CloseNow()
			return
		}
		c.hand(f)
	}
}

// hand passes a frame to the request that waits for it. The gateway's own error frame does not say which request it is
// about: every request that waits takes it as a failure that may pass, and may be sent again.
func (c *Client) hand(f Frame) {
	if f.Type == "" && f.ConnectionID != "" {
		c.failAll(Frame{Error: &Error{Code: "internal", Message: "the gateway failed", Retryable: true}})
		return
	}
	if f.Type == "goodbye" && f.Reconnect {
		c.goodbye.Do(func() { c.moveIn(time.Duration(f.AfterMS) * time.Millisecond) })
	}
	c.mu.Lock()
	waiting, ok := c.waiting[f.RequestID]
	delete(c.waiting, f.RequestID)
	c.mu.Unlock()
	switch {
	case ok:
		waiting <- f
	case c.push != nil:
		c.push(f)
	}
}

func (c *Client) failAll(f Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, waiting := range c.waiting {
		waiting <- f
		delete(c.waiting, id)
	}
}

// Do sends a frame with the action and the fields, and waits for its reply. A reply that is an error comes back as
// *Error. It may also return the frame's error of the connection that ended, or of ctx. Then the request may have been
// carried out or not.
func (c *Client) Do(ctx context.Context, action string, fields map[string]any) (Frame, error) {
	id := strconv.FormatInt(c.nextID.Add(1), 10)
	body := map[string]any{"action": action, "request_id": id}
	for name, value := range fields {
		body[name] = value
	}
	data, err := json.Marshal(body)
	if err != nil {
		return Frame{}, err
	}
	reply := make(chan Frame, 1)
	c.mu.Lock()
	c.waiting[id] = reply
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, id)
		c.mu.Unlock()
	}()
	if err := c.Write(ctx, data); err != nil {
		return Frame{}, err
	}
	select {
	case f := <-reply:
		if f.Error != nil {
			return f, f.Error
		}
		return f, nil
	case <-c.done:
		return Frame{}, fmt.Errorf("connection ended: %w", c.end)
	case <-ctx.Done():
		return Frame{}, ctx.Err()
	}
}

// Write sends raw text.
func (c *Client) Write(ctx context.Context, data []byte) error {
	c.trace.Sent(data)
	return c.conn.Write(ctx, websocket.MessageText, data)
}

// Send sends a message and waits until it is stored.
func (c *Client) Send(ctx context.Context, room, content, clientMessageID string) (Entry, error) {
	f, err := c.Do(ctx, "sendMessage", map[string]any{
		"room_id": room, "content": content, "client_message_id": clientMessageID,
	})
	if err != nil {
		return Entry{}, err
	}
	return f.Entry()
}

// Join joins a room, without its earlier entries.
func (c *Client) Join(ctx context.Context, room string) (Frame, error) {
	return c.Do(ctx, "joinRoom", map[string]any{"room_id": room})
}

// Subprotocol returns what the server chose.
func (c *Client) Subprotocol() string { return c.conn.Subprotocol() }

// Done is closed when the connection has ended.
func (c *Client) Done() <-chan struct{} { return c.done }

// CloseStatus waits for the end of the connection and returns the code of the close frame with which the server ended
// it; -1 when there was none. Its error is that of ctx.
func (c *Client) CloseStatus(ctx context.Context) (int, error) {
	select {
	case <-c.done:
		return int(websocket.CloseStatus(c.end)), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Drop ends the connection without a close frame, as a lost network does.
func (c *Client) Drop() {
	_ = c.conn.CloseNow()
	<-c.done
}
