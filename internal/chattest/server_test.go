package chattest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// server is a chat in this process with one room, whose invocations run side by side and fail now and then. It stands
// in for the gateway and the functions; the store is real.
type server struct {
	ctx     context.Context
	parts   parts
	store   chattest.Store
	gateway *fake.Gateway
	env     env
	room    chat.RoomID

	calm   atomic.Bool // nothing fails any more
	conns  atomic.Int64
	newest atomic.Int64 // an id near the end of the log
	wg     sync.WaitGroup

	mu     sync.Mutex
	random *rand.Rand
	news   chat.EntryID  // the newest entry whose record no fan-out has taken yet; 0 for none
	jobs   int           // jobs that are not done yet
	active int           // fan-outs under way
	change chan struct{} // closed when one of these has changed
}

func newServer(ctx context.Context, p parts, store chattest.Store, record *chattest.Record, room chat.RoomID, seed uint64) *server {
	s := &server{
		ctx: ctx, parts: p, gateway: fake.NewGateway(), room: room,
		random: rand.New(rand.NewPCG(seed, 1)), change: make(chan struct{}),
	}
	s.env = env{
		now: time.Now, age: 40 * time.Millisecond, jitter: s.float, parallel: 4, frame: 10,
		direct: seed%4 != 0, patience: 50 * time.Millisecond, gather: 5 * time.Millisecond,
	}
	s.store = watched{Store: store, record: record, stored: func(id chat.EntryID) {
		s.newest.Store(int64(id))
		s.count(id, 0)
	}}
	s.wg.Go(s.lane)
	return s
}

func (s *server) float() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.Float64()
}

// chance is true once in n times.
func (s *server) chance(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.IntN(n) == 0
}

// count notes news up to an entry, and how many fan-outs more are under way.
func (s *server) count(news chat.EntryID, active int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.news = max(s.news, news)
	s.active += active
	s.changed()
}

// changed tells who waits for a change. The mutex is held.
func (s *server) changed() {
	close(s.change)
	s.change = make(chan struct{})
}

// plan makes calls slow, some of them slower than the age of a hole, and lets one in a hundred go wrong.
func (s *server) plan(chattest.Call) (f chattest.Fault) {
	if s.calm.Load() {
		return f
	}
	f.Delay = time.Duration(s.float() * float64(2*time.Millisecond))
	if s.chance(100) {
		f.Delay = time.Duration(s.float() * float64(3*s.env.age))
	}
	switch {
	case s.chance(100):
		f.CrashAfter = true
	case s.chance(100):
		f.CrashBefore = true
	case s.chance(100):
		f.Lose = true
	case s.chance(100):
		f.Repeat = true
	}
	return f
}

func (s *server) invocation() *chattest.Actor {
	return chattest.NewActor(s.store, s.gateway, s, s.plan)
}

// PushLater implements [fanout.Jobs]: the job runs until it succeeds.
func (s *server) PushLater(context.Context, chat.RoomID, time.Duration) error {
	s.countJobs(1)
	s.wg.Go(func() {
		defer s.countJobs(-1)
		for s.ctx.Err() == nil {
			a := s.invocation()
			var err error
			a.Run(s.ctx, func(ctx context.Context) { err = s.parts.job(ctx, s.env, a, s.room) })
			if err == nil && !a.Crashed() {
				return
			}
			pause(s.ctx, time.Millisecond)
		}
	})
	return nil
}

func (s *server) countJobs(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs += n
	s.changed()
}

// lane is the room's lane of the stream: one fan-out at a time, again when it failed. Now and then one is taken for
// dead though it lives, and the next runs beside it.
func (s *server) lane() {
	for id := s.takeNews(); id > 0; id = s.takeNews() {
		done := make(chan struct{})
		s.wg.Go(func() {
			defer close(done)
			defer s.count(0, -1)
			a := s.invocation()
			var err error
			a.Run(s.ctx, func(ctx context.Context) { err = s.parts.wake(ctx, s.env, a, s.room, id) })
			_, queued := errors.AsType[*fanout.QueuedError](err)
			if (err != nil && !queued || a.Crashed()) && s.ctx.Err() == nil {
				s.count(id, 0)
			}
		})
		if !s.calm.Load() && s.chance(20) {
			select {
			case <-done:
			case <-time.After(time.Duration(s.float() * float64(10*time.Millisecond))):
				s.count(id, 0)
			}
			continue
		}
		<-done
	}
}

// takeNews waits for news, and takes all that there are; it returns 0 when the server's time is over.
func (s *server) takeNews() chat.EntryID {
	for {
		s.mu.Lock()
		news, change := s.news, s.change
		if news > 0 {
			s.news = 0
			s.active++
		}
		s.mu.Unlock()
		if news > 0 {
			return news
		}
		select {
		case <-change:
		case <-s.ctx.Done():
			return 0
		}
	}
}

// awaitQuiet waits until no fan-out is under way and none is due.
func (s *server) awaitQuiet(ctx context.Context) error {
	for {
		s.mu.Lock()
		quiet, change := s.news == 0 && s.active == 0 && s.jobs == 0, s.change
		s.mu.Unlock()
		if quiet {
			return nil
		}
		select {
		case <-change:
		case <-ctx.Done():
			return errors.New("the fan-out does not come to an end")
		}
	}
}

// dialer opens connections of one user to the server.
type dialer struct {
	*server
	user chat.UserID
}

// Dial implements [chattest.Dialer].
func (d dialer) Dial(ctx context.Context, push func(chat.RoomID, []chat.Entry)) (chattest.Conn, error) {
	id := chat.ConnectionID(fmt.Sprintf("%s-c%d", d.room, d.conns.Add(1)))
	c := &localConn{server: d.server, done: make(chan struct{})}
	c.caller = chat.Caller{Connection: chat.Connection{ID: id, User: d.user, ConnectedAt: time.Now()}}
	if err := d.store.PutConnection(ctx, c.caller.Connection, maxConnections); err != nil { // the handshake waits for it
		return nil, err
	}
	d.gateway.Open(id, func(frame []byte) { push(d.room, chattest.Entries(frame)) }, c.end)
	return c, nil
}

// localConn is a connection to the server.
type localConn struct {
	*server
	caller chat.Caller
	once   sync.Once
	done   chan struct{}
}

func (c *localConn) end()                  { c.once.Do(func() { close(c.done) }) }
func (c *localConn) Done() <-chan struct{} { return c.done }

// Drop implements [chattest.Conn]. As a rule the gateway invokes a function at the end.
func (c *localConn) Drop() {
	c.gateway.Lose(c.caller.Connection.ID)
	c.end()
	if c.ctx.Err() == nil {
		_ = c.invocation().RemoveConnection(c.ctx, c.caller.User(), c.caller.Connection.ID)
	}
}

// errNoReply is what a client sees of an invocation that died, and of a connection that ended.
var errNoReply = errors.New("no reply")

// ask runs an invocation for a frame of the connection.
func ask[V any](ctx context.Context, c *localConn, run func(context.Context, *chattest.Actor) (V, error)) (v V, err error) {
	var none V
	a := c.invocation()
	a.Run(ctx, func(ctx context.Context) { v, err = run(ctx, a) })
	select {
	case <-c.done:
		return none, errNoReply
	default:
	}
	if a.Crashed() {
		return none, errNoReply
	}
	return v, err
}

// Join implements [chattest.Conn].
func (c *localConn) Join(ctx context.Context, in rooms.JoinRoom) (roomlog.Page, error) {
	return ask(ctx, c, func(ctx context.Context, a *chattest.Actor) (roomlog.Page, error) {
		return c.parts.join(ctx, c.env, a, c.caller, in)
	})
}

// Sync implements [chattest.Conn].
func (c *localConn) Sync(ctx context.Context, in messages.Sync) (roomlog.Page, error) {
	return ask(ctx, c, func(ctx context.Context, a *chattest.Actor) (roomlog.Page, error) {
		return c.parts.page(ctx, c.env, a, c.caller.User(), roomlog.Query{Room: in.Room, After: &in.AfterID, Limit: in.Limit})
	})
}

// Append implements [chattest.Conn].
func (c *localConn) Append(ctx context.Context, e chat.NewEntry) (chat.Entry, error) {
	return ask(ctx, c, func(ctx context.Context, a *chattest.Actor) (chat.Entry, error) {
		if e.Kind != chat.KindMessage {
			return c.parts.change(ctx, c.env, a, e)
		}
		return c.parts.send(ctx, c.env, a, e.User, messages.SendMessage{
			Room: e.Room, Content: e.Content, ClientMessageID: e.ClientMessageID,
		})
	})
}
