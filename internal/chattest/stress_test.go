package chattest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/dynamo/dynamotest"
	"serverlesschat/internal/roomlog"
	"serverlesschat/localtest/aws/engine/enginetest"
)

// TestPromisesSideBySide lets many clients write, read, join, lose their connections and come back, all at once and in
// real time, while invocations die, and then holds all that was seen against the promises. A failure names its seed,
// which CHECK_SEED runs again; but what runs side by side is not the same twice.
func TestPromisesSideBySide(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		store, _ := dynamotest.New(t, e.DynamoDB, e.TableName(""))
		seed, _ := seedToCheck(t)
		ctx, cancel := context.WithCancel(t.Context())
		room := chat.RoomID(fmt.Sprint("room", seed))
		c := &crowd{
			T: t, ctx: ctx, room: room, record: chattest.NewRecord(room), random: rand.New(rand.NewPCG(seed, 2)),
			end: time.Now().Add(searchTime(t, 3*time.Second)),
		}
		c.server = newServer(ctx, theChat(), store, c.record, room, seed)
		c.lives()
		found := c.settles()
		cancel()
		c.wg.Wait()
		c.server.wg.Wait()
		if len(found) > 0 {
			t.Errorf("CHECK_SEED=%d\n%s", seed, found)
		}
	})
}

// crowd is the people of one room.
type crowd struct {
	*testing.T
	ctx     context.Context
	room    chat.RoomID
	record  *chattest.Record
	server  *server
	end     time.Time
	wg      sync.WaitGroup
	senders sync.WaitGroup

	mu      sync.Mutex
	random  *rand.Rand
	clients []*chattest.Client
}

func (c *crowd) number(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(n)
}

// joins adds a client that runs until the end.
func (c *crowd) joins(user chat.UserID, all bool) *chattest.Client {
	c.mu.Lock()
	client := chattest.NewClient(chattest.ClientOptions{
		Name: fmt.Sprintf("%s.%d", user, len(c.clients)), User: user, Room: c.room, Dialer: dialer{c.server, user},
		Record: c.record, Moment: 30 * time.Millisecond, All: all,
	})
	c.clients = append(c.clients, client)
	c.mu.Unlock()
	c.wg.Go(func() {
		if err := client.Run(c.ctx); err != nil {
			c.Error(err)
		}
	})
	return client
}

// lives has the crowd do what crowds do until the time is over.
func (c *crowd) lives() {
	for i := range 3 {
		user := chat.UserID(fmt.Sprint("u", i))
		device, other := c.joins(user, true), c.joins(user, false)
		c.senders.Go(func() { c.talks(device, other) })
	}
	for time.Now().Before(c.end) {
		pause(c.ctx, time.Duration(c.number(100))*time.Millisecond)
		switch c.number(8) {
		case 0, 1, 2:
			c.clients[c.number(len(c.clients))].Drop()
		case 3:
			if len(c.clients) < 30 {
				c.joins("guest", c.number(2) == 0)
			}
		case 4, 5:
			n := c.server.conns.Load()
			id := chat.ConnectionID(fmt.Sprintf("%s-c%d", c.room, 1+c.number(int(n)+1)))
			c.server.gateway.Refuse(id, []int{2, 6}[c.number(2)], c.number(2))
		case 6:
			c.reads()
		}
	}
	c.senders.Wait()
}

// talks sends messages; now and then the user's other device sends the same one, or another under the same id.
func (c *crowd) talks(device, other *chattest.Client) {
	for i := 0; time.Now().Before(c.end); i++ {
		id, content := chat.ClientMessageID(fmt.Sprint("m", i)), fmt.Sprint("content ", i)
		var both sync.WaitGroup
		switch c.number(4) {
		case 0:
			both.Go(func() { _, _ = other.Send(c.ctx, id, content) })
		case 1:
			both.Go(func() { _, _ = other.Send(c.ctx, id, "other content") })
		}
		_, _ = device.Send(c.ctx, id, content)
		both.Wait()
		if c.number(2) == 0 {
			c.changes(device, i)
		}
		if i > 0 && c.number(5) == 0 { // long after
			_, _ = other.Send(c.ctx, chat.ClientMessageID(fmt.Sprint("m", c.number(i))), content)
		}
	}
}

// changes edits or deletes a message, or reacts to one: one of the last that there are, whoever has written it.
func (c *crowd) changes(device *chattest.Client, i int) {
	last := c.server.newest.Load()
	e := chat.NewEntry{
		ClientMessageID: chat.ClientMessageID(fmt.Sprint("c", i)), Target: chat.EntryID(max(1, last-int64(c.number(12)))),
	}
	switch c.number(6) {
	case 0:
		e.Kind = chat.KindDelete
	case 1, 2:
		e.Kind, e.Content = chat.KindEdit, fmt.Sprint("edited ", i)
	default:
		e.Kind, e.Reaction, e.Remove = chat.KindReaction, chat.Reaction(fmt.Sprint("r", c.number(2))), c.number(3) == 0
	}
	_, _ = device.Append(c.ctx, e)
}

// reads asks for a page of history, as the REST API does.
func (c *crowd) reads() {
	q := roomlog.Query{Room: c.room, Limit: 1 + c.number(roomlog.MaxPageLimit)}
	read := c.record.Reading(q)
	a := c.server.invocation()
	p, err := c.server.parts.page(c.ctx, c.server.env, a, "u0", q)
	if err == nil && !a.Crashed() {
		read.Got(p)
	}
}

// settles ends all trouble, waits until everybody has everything, and checks. If it never comes, the check finds what
// is missing.
func (c *crowd) settles() chattest.Violations {
	c.server.calm.Store(true)
	ctx, cancel := context.WithTimeout(c.ctx, 20*time.Second)
	defer cancel()
	for i := range 3 { // connections that wait to be closed are tried with each message
		if _, err := c.clients[0].Send(ctx, chat.ClientMessageID(fmt.Sprint("last", i)), "bye"); err != nil {
			c.Error(err)
		}
		if err := c.server.awaitQuiet(ctx); err != nil {
			c.Error(err)
		}
	}
	log := c.history(ctx)
	for _, client := range c.clients {
		if client.AwaitShown(ctx, chat.EntryID(len(log))) != nil {
			break
		}
	}
	voids := 0
	for _, e := range log {
		if e.IsVoid() {
			voids++
		}
	}
	c.Logf("%d entries, %d of them void; %d clients, %d connections; gateway: %+v",
		len(log), voids, len(c.clients), c.server.conns.Load(), c.server.gateway.Counts())
	return c.record.Check(log)
}

func (c *crowd) history(ctx context.Context) (log []chat.Entry) {
	for {
		after := chat.EntryID(len(log))
		p, err := c.server.parts.page(ctx, c.server.env, c.server.invocation(), "u0",
			roomlog.Query{Room: c.room, After: &after, Limit: roomlog.MaxPageLimit})
		if err != nil {
			c.Error(err)
			return log
		}
		log = append(log, p.Entries...)
		if !p.More {
			return log
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
