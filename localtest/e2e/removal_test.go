package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"serverlesschat/localtest/chatclient"
)

// silence is the time after which nothing may reach who is no member any more (promise 6).
const silence = 5 * time.Second

// listener is a user's connection that notes when it has last got entries.
type listener struct {
	*chatclient.Client
	last atomic.Int64 // in nanoseconds since 1970; 0 for never
	gone chan struct{}
	once sync.Once
}

func (w *world) listens(user string) *listener {
	w.Helper()
	l := &listener{gone: make(chan struct{})}
	client, err := chatclient.Dial(w.ctx, w.websocket, w.token(user), chatclient.Options{Push: func(f chatclient.Frame) {
		switch f.Type {
		case "messages":
			l.last.Store(time.Now().UnixNano())
		case "removed":
			l.once.Do(func() { close(l.gone) })
		}
	}})
	if err != nil {
		w.Fatal(err)
	}
	l.Client = client
	w.Cleanup(client.Drop)
	return l
}

// TestWhoIsRemovedHearsNoMore: members are removed from a room where two talk without a pause. REMOVALS is how many, 5
// where it is not set; it prints how long entries came at most after a removal began.
func TestWhoIsRemovedHearsNoMore(t *testing.T) {
	removals := 5
	if n, err := strconv.Atoi(os.Getenv("REMOVALS")); err == nil {
		removals = n
	}
	each(t, func(t *testing.T, w *world) {
		w = &world{T: t, deployment: w.deployment, ctx: w.ctx, name: w.name, in: map[string]bool{}}
		if removals > 5 {
			w.ctx = context.WithoutCancel(w.ctx)
		}
		ann := w.as("ann")
		ann.joins("lobby")
		room := w.room("lobby")
		ctx, stop := context.WithCancel(w.ctx)
		var sent atomic.Int64
		var talking sync.WaitGroup
		for i := range 2 {
			talker := w.as(fmt.Sprint("talker", i))
			talker.joins("lobby")
			talking.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					if _, err := talker.client.Send(ctx, room, "on and on", fmt.Sprint(n)); err == nil {
						sent.Add(1)
					}
				}
			})
		}
		var longest time.Duration
		for i := range removals {
			user := fmt.Sprintf("%s-guest-%d", w.name, i)
			l := w.listens(user)
			if _, err := l.Join(w.ctx, room); err != nil {
				t.Fatal(err)
			}
			await(t, "entries come", func() bool { return l.last.Load() > 0 })
			begun := time.Now()
			gets[struct{}](ann, http.StatusNoContent, http.MethodDelete, roomPath(room)+"/members/"+user, "")
			select {
			case <-l.gone:
			case <-time.After(testTimeout):
				t.Fatalf("%s is not told", user)
			}
			until := sent.Load() + 10
			await(t, "others go on", func() bool { return sent.Load() >= until })
			longest = max(longest, time.Unix(0, l.last.Load()).Sub(begun))
			l.Drop()
		}
		stop()
		talking.Wait()
		t.Logf("%d removals while %d messages were sent: entries came for %v at most", removals, sent.Load(), longest.Round(time.Millisecond))
		if longest > silence {
			t.Errorf("entries came for %v after a removal", longest)
		}
	})
}
