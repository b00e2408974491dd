package e2e

import (
	"encoding/json"
	"testing"

	"serverlesschat/localtest/chatclient"
)

// says sends a frame that has no reply.
func (p *person) says(action string, f fields) {
	p.Helper()
	frame := fields{"action": action}
	for name, value := range f {
		frame[name] = value
	}
	data, err := json.Marshal(frame)
	if err == nil {
		err = p.client.Write(p.ctx, data)
	}
	if err != nil {
		p.Fatal(err)
	}
}

// isTold waits for a frame that nobody asked for.
func (p *person) isTold(what string, is func(chatclient.Frame) bool) {
	p.Helper()
	await(p.T, p.user+" is told: "+what, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, f := range p.told {
			if is(f) {
				return true
			}
		}
		return false
	})
}

// TestStoryTyping: the others learn that ann types, and she does not; a stranger is refused.
func TestStoryTyping(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, bob, eve := w.as("ann"), w.as("bob"), w.as("eve")
		for _, p := range []*person{ann, bob} {
			p.joins("lobby")
		}
		types := func(active bool) func(chatclient.Frame) bool {
			return func(f chatclient.Frame) bool {
				return f.Type == "typing" && f.UserID == ann.user && f.RoomID == w.room("lobby") && f.Active == active
			}
		}
		ann.says("typing", fields{"room_id": w.room("lobby"), "active": true})
		bob.isTold("ann types", types(true))
		ann.says("typing", fields{"room_id": w.room("lobby"), "active": false})
		bob.isTold("ann has stopped", types(false))

		eve.says("typing", fields{"room_id": w.room("lobby"), "active": true, "request_id": "t1"})
		eve.isTold("she is no member", func(f chatclient.Frame) bool {
			return f.Type == "error" && f.RequestID == "t1" && f.Error.Code == "forbidden"
		})
		ann.sends("lobby", "hello")
		bob.sees("lobby", "hello")
		if len(ann.told) > 0 || len(bob.told) != 2 {
			t.Errorf("ann was told %+v, bob %+v", ann.told, bob.told)
		}
	})
}

// TestTypingToConnectionsThatAreGone removes what is left of them, as every push does.
func TestTypingToConnectionsThatAreGone(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ann.joins("lobby")
		subscribe(w, "lobby", 1)
		ann.says("typing", fields{"room_id": w.room("lobby"), "active": true})
		await(t, "it is gone", func() bool { return len(w.subscribers("lobby")) == 1 })
	})
}

// TestTypingClosesWhoIsToBeClosed: whoever meets a marked connection closes it.
func TestTypingClosesWhoIsToBeClosed(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		bob.joins("lobby")
		if err := w.store().MarkClosing(w.ctx, w.subscribers("lobby")[0]); err != nil {
			t.Fatal(err)
		}
		ann.joins("lobby")
		ann.says("typing", fields{"room_id": w.room("lobby"), "active": true})
		if _, err := bob.client.CloseStatus(w.ctx); err != nil {
			t.Error(err)
		}
	})
}
