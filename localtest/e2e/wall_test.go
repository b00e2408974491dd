package e2e

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/localtest/aws/stack"
)

const (
	wallSeconds = 5 // the life of a connection, which is two hours on AWS
	wallMoves   = 3
)

// TestClientsCrossTheWall has connections live for seconds, and messages flow at 100 a second. Clients that move by
// reconnect_at do so in time. One that does not is cut, comes back, and misses nothing. Nobody sees a gap or a repeat.
func TestClientsCrossTheWall(t *testing.T) {
	w := startOwn(t, stack.Options{
		ConnectionLife: wallSeconds * time.Second, Parameters: map[string]string{"ConnectionSeconds": fmt.Sprint(wallSeconds)},
	})
	expectCut(w)
	crossing{flow: newFlow(w, "lobby")}.run()
}

// expectCut sees how a connection ends whose client ignores reconnect_at.
func expectCut(w *world) {
	ann := w.as("ann")
	pong := ann.does("ping", nil)
	ahead := wallSeconds * time.Second / 3
	if left := pong.ReconnectAt.Sub(pong.ServerTime); left <= 0 || left > wallSeconds*time.Second-ahead {
		w.Errorf("reconnect_at is in %v, want before %v", left, wallSeconds*time.Second-ahead)
	}
	code, err := ann.client.CloseStatus(w.ctx)
	if err != nil || code != int(websocket.StatusGoingAway) {
		w.Errorf("the connection ended with %d, %v, want 1001", code, err)
	}
}

// flow is a room in which messages flow, and what everybody sees of them.
type flow struct {
	tortured
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
}

func newFlow(w *world, room string) *flow {
	f := &flow{tortured: tortured{world: w, front: &deadlyFront{}}}
	f.record = chattest.NewRecord(chat.RoomID(w.room(room)))
	f.ctx, f.cancel = context.WithCancel(w.ctx)
	return f
}

// client runs a client of the flow's room.
func (f *flow) client(name string, d socketDialer) *chattest.Client {
	d.world, d.user = f.world, f.name+"-"+name
	client := chattest.NewClient(chattest.ClientOptions{
		Name: d.user, User: chat.UserID(d.user), Room: chat.RoomID(f.room("lobby")), Dialer: d, Record: f.record,
		Moment: 200 * time.Millisecond, All: true,
	})
	f.clients = append(f.clients, client)
	f.running.Go(func() {
		if err := client.Run(f.ctx); err != nil {
			f.Error(err)
		}
	})
	return client
}

// talk sends so many messages a second until done holds, and returns when all of them are acknowledged.
func (f *flow) talk(from *chattest.Client, perSecond int, done func() bool) {
	f.Helper()
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	var sends sync.WaitGroup
	begun, sent := time.Now(), 0
	for ; !done(); sent++ {
		if time.Since(begun) > 2*testTimeout {
			f.Error("it does not come")
			break
		}
		<-tick.C
		id := chat.ClientMessageID(fmt.Sprint("m", sent))
		sends.Go(func() {
			if _, err := from.Send(f.ctx, id, "content of "+string(id)); err != nil {
				f.Error(err)
			}
		})
	}
	f.Logf("%d messages in %v", sent, time.Since(begun))
	sends.Wait()
}

// end checks what everybody has seen.
func (f *flow) end() {
	f.settle(f.ctx)
	f.cancel()
	f.running.Wait()
}

type crossing struct{ *flow }

func (c crossing) run() {
	sender := c.client("u0", socketDialer{pings: true})
	movers := []*chattest.Client{sender, c.client("bob", socketDialer{pings: true}), c.client("carol", socketDialer{pings: true})}
	var dials atomic.Int64
	ignores := c.client("dave", socketDialer{dials: func() { dials.Add(1) }})
	c.flow.talk(sender, 100, func() bool {
		for _, m := range movers {
			if moves, _ := m.Moves(); moves < wallMoves {
				return false
			}
		}
		return dials.Load() >= wallMoves
	})
	for i, m := range movers {
		moves, cut := m.Moves()
		c.Logf("client %d moved %d times, and was cut %d times before it had moved", i, moves, cut)
		// A busy machine may be too slow for a move now and then, in a life of seconds.
		if cut >= moves {
			c.Errorf("client %d was cut as often as it moved in time", i)
		}
	}
	if moves, _ := ignores.Moves(); moves != 0 || dials.Load() < wallMoves {
		c.Errorf("the client that ignores reconnect_at moved %d times and connected %d times, want none and %d or more",
			moves, dials.Load(), wallMoves)
	}
	c.end()
}
