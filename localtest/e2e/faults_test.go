package e2e

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
)

// These stories are about what must not be lost when something breaks. They need a stack of their own.

// startOwn starts a stack for one story; options need hold only what is special about it.
func startOwn(t *testing.T, options stack.Options) *world {
	t.Helper()
	options.InMemory, options.DataDir = true, t.TempDir()
	if options.Engine == "" {
		options.Engine = engine.Dynoxide
	}
	c, err := start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	})
	return newWorld(t, c)
}

func TestFunctionsAreKilledWhileAllTalk(t *testing.T) {
	w := startOwn(t, stack.Options{})
	ann, bob := w.as("ann"), w.as("bob")
	ann.joins("lobby")
	bob.joins("lobby")
	var want []string
	for i := range 40 {
		if i%4 == 3 {
			w.killOne("fanout")
			w.killOne("sendmessage")
		}
		content := fmt.Sprintf("m%d", i)
		w.sendsUntilStored(ann, "lobby", content)
		want = append(want, content)
	}
	page := bob.history("lobby", "?limit=100")
	if got := contentsOf(messagesOf(page.Messages)); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("history: %q", got)
	}
	for _, p := range []*person{ann, bob} {
		p.sees("lobby", contentsOf(page.Messages)...) // voids too, which have none
	}
}

// killOne kills a process of a function, if there is one.
func (w *world) killOne(function string) {
	for pid, name := range w.stack.Processes() {
		if strings.HasSuffix(name, "-"+function) {
			if p, err := os.FindProcess(pid); err == nil {
				_ = p.Kill()
			}
			return
		}
	}
}

// sendsUntilStored does what a client does whose message is not acknowledged: it sends it again, under the same id.
func (w *world) sendsUntilStored(p *person, room, content string) {
	w.Helper()
	for w.ctx.Err() == nil {
		if _, err := p.client.Send(w.ctx, w.room(room), content, content); err == nil {
			return
		}
	}
	w.Fatal(w.ctx.Err())
}

// messagesOf leaves out the voids that dead writers leave.
func messagesOf(entries []entry) (messages []entry) {
	for _, e := range entries {
		if e.Kind == "message" {
			messages = append(messages, e)
		}
	}
	return messages
}

func TestAConnectionThatEndsLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if w.stack == nil {
			t.Skip("needs to look into the tables")
		}
		ann := w.as("ann")
		ann.joins("one")
		ann.joins("two")
		count := func() int {
			total := 0
			for _, room := range []string{"one", "two"} {
				total += len(w.subscribers(room))
			}
			return total
		}
		if n := count(); n != 2 {
			t.Fatalf("%d subscriptions, want 2", n)
		}
		ann.client.Drop()
		await(t, "the subscriptions go", func() bool { return count() == 0 })
	})
}

func TestAConnectionThatCannotBeReachedHoldsNobodyUp(t *testing.T) {
	gateway := &countingGateway{posts: map[string]int{}}
	unreachable := madeUp(0)
	gateway.refuse = func(r *http.Request) bool {
		return r.Method != http.MethodGet && strings.HasSuffix(r.URL.Path, string(unreachable)) // it is known there
	}
	w := startOwn(t, stack.Options{ManagementFront: gateway.front})
	ann := w.as("ann")
	ann.joins("lobby")
	subscribe(w, "lobby", 3)
	ann.sends("lobby", "one")
	await(t, "the position moves past it", func() bool { return w.position("lobby") == 1 })
	for _, s := range w.subscribers("lobby") {
		if got, want := s.Closing, s.Connection == unreachable; got != want {
			t.Errorf("%s: closing is %v", s.Connection, got)
		}
	}
}
