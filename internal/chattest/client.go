package chattest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// Dialer opens connections of one user.
type Dialer interface {
	// Dial opens a connection. Frames that nobody asked for are given to push, one after the other, until Done.
	Dial(ctx context.Context, push func(chat.RoomID, []chat.Entry)) (Conn, error)
}

// Conn is an open connection. Each method but Done and Drop sends one frame and waits for its reply. Errors of the chat
// are *chat.Error; any other means that no reply came.
type Conn interface {
	Join(context.Context, rooms.JoinRoom) (roomlog.Page, error)
	Sync(context.Context, messages.Sync) (roomlog.Page, error)
	// Append sends what makes an entry of that kind.
	Append(context.Context, chat.NewEntry) (chat.Entry, error)
	// Done is closed when the connection has ended, whichever side ended it.
	Done() <-chan struct{}
	// Drop ends it without a word, as a lost network does.
	Drop()
}

// Mover is a Conn that says when its client is to open the next one.
type Mover interface {
	// Moves is closed when it is time: by reconnect_at, or in the slot of a goodbye.
	Moves() <-chan struct{}
}

// ClientOptions are what a Client needs.
type ClientOptions struct {
	Name   string // for violations
	User   chat.UserID
	Room   chat.RoomID
	Dialer Dialer
	Record *Record
	// Moment is how long it waits for a gap to close by itself before it asks sync, and before it tries again what
	// failed. The protocol's is a second.
	Moment time.Duration
	// All makes it show the room from its first entry on. Otherwise it begins with what comes after its first join.
	All bool
}

// Client is a client of one room that does what the protocol says that clients do, and adds what it sees to its Record.
type Client struct {
	opts     ClientOptions
	timeline *timeline

	mu      sync.Mutex
	inbox   [][]chat.Entry // frames that were pushed and not taken yet
	conn    Conn           // nil when there is none that has joined
	changed chan struct{}  // closed when conn or what is shown has changed
	shown   chat.EntryID
	drops   int
	moves   int
	cuts    int           // moves from a connection that was lost by then
	wakeup  chan struct{} // has something when the inbox has
}

// NewClient makes a Client. It does nothing before Run.
func NewClient(opts ClientOptions) *Client {
	return &Client{opts: opts, changed: make(chan struct{}), wakeup: make(chan struct{}, 1)}
}

// Run connects, joins, shows what comes, and comes back whenever the connection is lost, until ctx ends. Then it
// returns nil. It ends before that only when it is refused for good, and returns the refusal.
func (c *Client) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := c.runConnection(ctx)
		if refused, ok := errors.AsType[*chat.Error](err); ok && !retryable(refused.Code) {
			return fmt.Errorf("client %s: %w", c.opts.Name, err)
		}
		c.set(nil)
		pause(ctx, c.opts.Moment)
	}
	return nil
}

// runConnection opens a connection, joins, and shows what comes until the connection ends.
func (c *Client) runConnection(ctx context.Context) error {
	c.takeInbox() // of a connection that is lost
	conn, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { conn.Drop() }()
	if err := c.joinUntil(ctx, conn); err != nil {
		return err
	}
	for {
		c.set(conn)
		err := c.followUntil(ctx, conn)
		if !errors.Is(err, errMoves) {
			return err
		}
		conn = c.move(ctx, conn)
	}
}

// joinUntil joins; the end of ctx ends the connection.
func (c *Client) joinUntil(ctx context.Context, conn *recorded) error {
	defer context.AfterFunc(ctx, conn.Drop)()
	return c.join(ctx, conn)
}

// followUntil follows; the end of ctx ends the connection.
func (c *Client) followUntil(ctx context.Context, conn *recorded) error {
	defer context.AfterFunc(ctx, conn.Drop)()
	return c.follow(ctx, conn)
}

// recorded is a connection and what the record knows of it.
type recorded struct {
	Conn
	seen  *Connection
	moves <-chan struct{} // nil when the client has not to move
}

// open opens a connection. What the one before has pushed is kept: ids tell what is new.
func (c *Client) open(ctx context.Context) (*recorded, error) {
	c.mu.Lock()
	c.drops++
	seen := c.opts.Record.Connected(fmt.Sprintf("%s/%d", c.opts.Name, c.drops))
	c.mu.Unlock()
	conn, err := c.opts.Dialer.Dial(ctx, func(room chat.RoomID, entries []chat.Entry) {
		if room == c.opts.Room {
			seen.Pushed(entries)
			c.keep(entries)
		}
	})
	if err != nil {
		return nil, err
	}
	r := &recorded{Conn: conn, seen: seen}
	if m, ok := conn.(Mover); ok {
		r.moves = m.Moves()
	}
	return r, nil
}

// Drop reports to the record first, so that nobody waits for pushes to a connection that its client has left.
func (r *recorded) Drop() {
	r.seen.Ended()
	r.Conn.Drop()
}

// keep keeps a push until it is taken. Before the reply to the join that may take a while.
func (c *Client) keep(entries []chat.Entry) {
	c.mu.Lock()
	c.inbox = append(c.inbox, entries)
	c.mu.Unlock()
	select {
	case c.wakeup <- struct{}{}:
	default:
	}
}

// join joins after the last id that is shown, and reads all pages up to the last id of the room.
func (c *Client) join(ctx context.Context, conn *recorded) error {
	in := rooms.JoinRoom{Room: c.opts.Room}
	switch {
	case c.timeline != nil:
		after := c.timeline.shown // a copy: what is shown changes
		in.AfterID = &after
		c.timeline.view.Returned()
	case c.opts.All:
		in.AfterID = new(chat.EntryID)
	}
	page, err := conn.Join(ctx, in)
	if err != nil {
		return err
	}
	conn.seen.Joined(in.AfterID, page)
	if c.timeline == nil {
		start := page.LastID
		if in.AfterID != nil {
			start = *in.AfterID
		}
		c.timeline = &timeline{
			view: c.opts.Record.Viewing(c.opts.Name, start), shown: start, kept: map[chat.EntryID]chat.Entry{},
		}
	}
	c.takePage(page)
	if page.More {
		return c.sync(ctx, conn)
	}
	return nil
}

// sync reads all that comes after the last id that is shown.
func (c *Client) sync(ctx context.Context, conn Conn) error {
	for {
		in := messages.Sync{Room: c.opts.Room, AfterID: c.timeline.shown, Limit: roomlog.DefaultPageLimit}
		read := c.opts.Record.Reading(roomlog.Query{Room: in.Room, After: &in.AfterID, Limit: in.Limit})
		page, err := conn.Sync(ctx, in)
		if err != nil {
			return err
		}
		read.Got(page)
		c.takePage(page)
		if !page.More {
			return nil
		}
	}
}

// follow shows what is pushed until the connection ends.
func (c *Client) follow(ctx context.Context, conn *recorded) error {
	var moment <-chan time.Time // runs while there is a gap
	for {
		shown := c.timeline.shown
		for _, entries := range c.takeInbox() {
			c.take(entries)
		}
		switch {
		case !c.timeline.gap():
			moment = nil
		case moment == nil || shown != c.timeline.shown:
			moment = time.After(c.opts.Moment)
		}
		select {
		case <-c.wakeup:
		case <-moment:
			moment = nil
			if err := c.sync(ctx, conn); err != nil && !isChatError(err) {
				return err
			}
		case <-conn.moves:
			return errMoves
		case <-conn.Done():
			conn.seen.Ended()
			return errors.New("connection lost")
		case <-ctx.Done():
			c.timeline.view.Left()
			return nil
		}
	}
}

func (c *Client) takeInbox() [][]chat.Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	frames := c.inbox
	c.inbox = nil
	return frames
}

// takePage takes what a page shows. What has expired is no gap: the client goes on from what is still there.
func (c *Client) takePage(page roomlog.Page) {
	c.timeline.skip(page.FirstID)
	c.take(page.Entries)
}

// take shows entries, as far as they are due.
func (c *Client) take(entries []chat.Entry) {
	c.timeline.take(entries)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shown != c.timeline.shown {
		c.shown = c.timeline.shown
		c.tellChange()
	}
}

func (c *Client) set(conn Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = conn
	c.tellChange()
}

func (c *Client) tellChange() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// state returns the connection, nil if none has joined; the id up to which everything is shown; and a channel that is
// closed when one of them changes.
func (c *Client) state() (Conn, chat.EntryID, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn, c.shown, c.changed
}
