package e2e

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/fanout"
	"serverlesschat/localtest/chatclient"
)

// drainSpread is ten minutes unless an operator says otherwise.
const drainSpread = 3 * time.Second

// farewells are what the clients of a drain are told, and when they open connections.
type farewells struct {
	mu     sync.Mutex
	begun  time.Time
	slots  []time.Duration
	dialed []time.Duration
}

func (f *farewells) hear(t *testing.T, frame chatclient.Frame) {
	if frame.Code != "shutdown" || !frame.Reconnect {
		t.Errorf("goodbye %+v", frame)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.slots = append(f.slots, time.Duration(frame.AfterMS)*time.Millisecond)
}

func (f *farewells) dial() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.begun.IsZero() {
		f.dialed = append(f.dialed, time.Since(f.begun))
	}
}

// width returns the time from the first to the last.
func width(times []time.Duration) time.Duration {
	if len(times) == 0 {
		return 0
	}
	return slices.Max(times) - slices.Min(times)
}

// TestStoryDrain: 20 clients are asked to move while messages flow. Each moves once, in a slot of its own; nobody misses
// or repeats anything. A connection whose client does not heed it stays open, and one that is gone is passed over.
func TestStoryDrain(t *testing.T) {
	const crowd = 20
	eachLocal(t, func(t *testing.T, w *world) {
		said := &farewells{}
		f := newFlow(w, "lobby")
		for i := range crowd {
			f.client(fmt.Sprint("u", i), socketDialer{
				hears: func(frame chatclient.Frame) { said.hear(t, frame) }, dials: said.dial,
			})
		}
		stays := make(chan chatclient.Frame, 2)
		deaf, err := chatclient.Dial(w.ctx, w.websocket, w.token(w.name+"-deaf"), chatclient.Options{
			Push: func(frame chatclient.Frame) { stays <- frame },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer deaf.Drop()
		w.putRow("ConnectionsTable", row{
			"connection_id": textValue("Gone" + w.name[len(w.name)-11:] + "="), "item": textValue("connection"),
			"connected_at": numberValue(anHourAgo()), "expires_at": numberValue(time.Now().Add(time.Hour).Unix()),
		})
		for _, client := range f.clients {
			if _, err := client.Send(w.ctx, "hello", "I am here"); err != nil {
				t.Fatal(err)
			}
		}
		said.mu.Lock()
		said.begun = time.Now()
		said.mu.Unlock()
		w.drains(drainSpread)
		f.talk(f.clients[0], 50, func() bool { return allMoved(f.clients) })
		f.end()

		for i, client := range f.clients {
			if moves, cut := client.Moves(); moves != 1 || cut != 0 {
				t.Errorf("client %d moved %d times, %d of them too late", i, moves, cut)
			}
		}
		t.Logf("slots within %v, handshakes within %v", width(said.slots), width(said.dialed))
		if len(said.slots) != crowd || len(said.dialed) != crowd || slices.Max(said.slots) >= drainSpread {
			t.Errorf("slots %v, handshakes %v", said.slots, said.dialed)
		}
		// That 20 of 3 s lie within one by chance does not happen (10⁻⁸).
		if width(said.slots) < drainSpread/3 || width(said.dialed) < drainSpread/3 {
			t.Errorf("not spread: slots %v, handshakes %v", said.slots, said.dialed)
		}
		if frame := <-stays; frame.Type != "goodbye" {
			t.Errorf("the client that does not move got %+v", frame)
		}
		if _, err := deaf.Do(w.ctx, "ping", nil); err != nil {
			t.Errorf("the connection whose client does not move: %v", err)
		}
	})
}

func allMoved(clients []*chattest.Client) bool {
	for _, client := range clients {
		if moves, _ := client.Moves(); moves == 0 {
			return false
		}
	}
	return true
}

// drains does what make drain does.
func (w *world) drains(spread time.Duration) {
	w.Helper()
	client, url := w.queue("Jobs")
	if err := apigw.NewJobQueue(client, *url).DrainLater(w.ctx, fanout.Drain{Spread: spread}); err != nil {
		w.Fatal(err)
	}
}
