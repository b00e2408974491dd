package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/presence"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/chatclient"
)

// quick are settings with which nobody has to wait.
func quick() map[string]string {
	return map[string]string{"PresenceCheckSeconds": "1", "PresencePauseSeconds": "0", "PresenceWatchSeconds": "1"}
}

type presencePage struct {
	Presence []chatclient.Present `json:"presence"`
	Next     string               `json:"next"`
}

// noticed returns what the person was told of another one, in order, without that it has come for the first time: whether
// the two share a room by then is left to chance.
func (p *person) noticed(of *person) (all []chatclient.Present) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range p.present {
		if u.UserID == of.user && u.Version > 1 {
			all = append(all, u)
		}
	}
	return all
}

// notices waits until the person is told as often as there are statuses, and expects these, with rising versions.
func (p *person) notices(of *person, want ...string) {
	p.Helper()
	await(p.T, p.user+" notices "+of.user, func() bool { return len(p.noticed(of)) >= len(want) })
	var got []string
	var last int64
	for _, u := range p.noticed(of) {
		if got = append(got, u.Status); u.Version <= last {
			p.Errorf("version %d after %d", u.Version, last)
		}
		last = u.Version
	}
	if !slices.Equal(got, want) {
		p.Errorf("%s notices %s %q, want %q", p.user, of.user, got, want)
	}
}

// TestStoryPresence: those who share rooms see each other come and go, once however many rooms and tabs there are; who
// asks gets the same, and strangers get nothing.
func TestStoryPresence(t *testing.T) {
	eachEngine(t, func(t *testing.T, kind engine.Kind) {
		w := startOwn(t, stack.Options{Engine: kind, Parameters: quick()})
		ann, bob, eve := w.as("ann"), w.as("bob"), w.as("eve")
		for _, room := range []string{"lobby", "hall"} {
			ann.joins(room)
			bob.joins(room)
		}
		eve.joins("elsewhere")

		bob.client.Drop()
		ann.notices(bob, "offline")
		first := w.as("bob")
		ann.notices(bob, "offline", "online")
		second := w.as("bob")
		first.client.Drop()
		await(t, "the first tab is forgotten", func() bool { return len(w.presenceOf(bob.user).Gone) == 0 })
		if got := w.presenceOf(bob.user); !got.Online || !got.ToldOnline {
			t.Errorf("with one tab of two, bob is %+v", got)
		}
		path := roomPath(w.room("lobby")) + "/presence"
		isThere := func(user, status string) chatclient.Present { return chatclient.Present{UserID: user, Status: status} }
		all := gets[presencePage](ann, http.StatusOK, http.MethodGet, path, "")
		want := []chatclient.Present{isThere(ann.user, "online"), isThere(bob.user, "online")}
		if !slices.Equal(all.Presence, want) || all.Next != "" {
			t.Errorf("ann reads %+v, want %+v", all, want)
		}
		second.client.Drop()
		ann.notices(bob, "offline", "online", "offline")
		begin := gets[presencePage](ann, http.StatusOK, http.MethodGet, path+"?limit=1", "")
		rest := gets[presencePage](ann, http.StatusOK, http.MethodGet, path+"?cursor="+begin.Next, "")
		want[1].Status = "offline"
		if paged := slices.Concat(begin.Presence, rest.Presence); !slices.Equal(paged, want) || len(begin.Presence) != 1 {
			t.Errorf("in pages: %+v and %+v", begin, rest)
		}
		eve.isRefused("forbidden", http.MethodGet, path, "")
		eve.isRefused("not_found", http.MethodGet, roomPath(w.room("nowhere"))+"/presence", "")
		if got := eve.noticed(bob); len(got) > 0 {
			t.Errorf("eve noticed %+v", got)
		}
	})
}

// TestNobodyHasToldOfAnEnd: a connection is in the store, and the gateway knows nothing of it. The job that goes round
// finds it, though nobody pushes to it.
func TestNobodyHasToldOfAnEnd(t *testing.T) {
	w := startOwn(t, stack.Options{Parameters: quick()})
	ann, bob := w.as("ann"), w.as("bob")
	ann.joins("lobby")
	bob.joins("lobby")
	bob.client.Drop()
	ann.notices(bob, "offline")
	err := w.store().PutConnection(w.ctx, chat.Connection{
		ID: madeUp(0), User: chat.UserID(bob.user), ConnectedAt: time.Now().Add(-2 * time.Minute), TokenExpiresAt: time.Now(),
	}, 20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.store().Arrive(w.ctx, chat.UserID(bob.user)); err != nil {
		t.Fatal(err)
	}
	w.sendsJob("Checks", fmt.Sprintf(`{"job":"checkPresence","user_id":%q}`, bob.user))
	ann.notices(bob, "offline", "online", "offline")
}

// presenceOf returns what is kept of a user.
func (w *world) presenceOf(user string) presence.State {
	w.Helper()
	s, err := w.store().State(w.ctx, chat.UserID(user))
	if err != nil {
		w.Fatal(err)
	}
	return s
}
