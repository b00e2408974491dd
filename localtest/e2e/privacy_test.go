package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"serverlesschat/localtest/accesstoken"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/chatclient"
)

// receipt is what a user who asks to be erased gets.
type receipt struct {
	UserID   string `json:"user_id"`
	ErasedAt string `json:"erased_at"`
	Parts    []struct{ Part, State string }
}

const (
	exportPath = "/users/me/export"
	minePath   = "/users/me"
)

// TestStoryOneGoesForGood: a user looks at all that is stored, is erased, and nothing of it is left but the name; others
// see it at once, and go on.
func TestStoryOneGoesForGood(t *testing.T) {
	eachEngine(t, func(t *testing.T, kind engine.Kind) {
		w := startOwn(t, stack.Options{Engine: kind, Parameters: map[string]string{"EraseAfterSeconds": "0"}})
		ann, bob := w.as("ann"), w.as("bob")
		const secret = "Sesam, open"
		his := w.isLivedIn(ann, bob, secret)
		exported := ann.exports()
		for _, want := range []string{secret, "smile", ann.user, "room#" + w.room("lobby"), "subscription#", `"action":"settings"`} {
			if !strings.Contains(exported, want) {
				t.Errorf("%q is not exported", want)
			}
		}
		bob.isRefused("invalid", http.MethodGet, exportPath+"?cursor=AAAAAAAAAABtZW1iZXIKZ2VuZXJhbA", "")
		w.needsATokenOfItsOwn(ann)

		asked := gets[receipt](ann, http.StatusAccepted, http.MethodDelete, minePath, "")
		if asked.UserID != ann.user || len(asked.Parts) == 0 || asked.Parts[0].State != "erasing" {
			t.Errorf("receipt %+v", asked)
		}
		w.isGone(ann, bob)
		await(t, "all is erased", func() bool {
			a, err := ann.calls(http.MethodDelete, minePath, "", "")
			return err == nil && a.status == http.StatusOK && bytes.Contains(a.body, []byte("erased_at"))
		})
		await(t, "bob sees that she was erased", func() bool {
			var shown []entry
			bob.update(w.room("lobby"), func(v *view) { shown = v.shown })
			return slices.ContainsFunc(shown, func(e entry) bool { return e.Change == "erased" && e.Subject == ann.user })
		})
		for _, text := range []string{secret, "Sesam,-open", "smile"} {
			if w.holds(text) {
				t.Errorf("%q is still there", text)
			}
		}
		for _, e := range bob.history("lobby", "").Messages {
			switch {
			case e.ID == his && (e.Content != "hello" || len(e.Reactions) > 0):
				t.Errorf("what bob said: %+v", e)
			case e.UserID == ann.user, e.Subject == ann.user && e.Change != "erased":
				t.Errorf("history shows %+v", e)
			}
		}
	})
}

// isLivedIn lets two live in a room, and leaves something in each table. It returns the id of what bob said.
func (w *world) isLivedIn(ann, bob *person, secret string) int64 {
	w.Helper()
	id := w.room("lobby")
	ann.does("joinRoom", fields{"room_id": id})
	bob.does("joinRoom", fields{"room_id": id})
	bob.joins("lobby")
	m := ann.sends("lobby", secret)
	ann.changes("editMessage", "lobby", m.ID, fields{"content": secret + ", please"})
	his := bob.sends("lobby", "hello")
	ann.changes("react", "lobby", his.ID, fields{"reaction": "smile"})
	bob.changes("react", "lobby", m.ID, fields{"reaction": "wow"})
	ann.changes("deleteMessage", "lobby", bob.sends("lobby", "nonsense").ID, nil)
	gets[shownRoom](ann, http.StatusOK, http.MethodPatch, roomPath(id), `{"name":"The lobby"}`)
	gets[struct{}](ann, http.StatusNoContent, http.MethodPut, "/users/me/blocks/carl", "")
	gets[struct{}](bob, http.StatusNoContent, http.MethodPut, "/users/me/blocks/"+ann.user, "")
	ann.polls("after=" + id + ":0&tab=1")
	return his.ID
}

// exports reads all pages.
func (p *person) exports() string {
	p.Helper()
	var all strings.Builder
	for cursor := ""; ; {
		a, err := p.calls(http.MethodGet, exportPath+cursor, "", "")
		if err != nil || a.status != http.StatusOK || a.header.Get("Content-Type") != jsonLines {
			p.Fatalf("export: %d %s, %v", a.status, a.body, err)
		}
		all.Write(a.body)
		var last struct{ Kind, Next string }
		lines := bytes.Split(bytes.TrimSpace(a.body), []byte("\n"))
		if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil || last.Kind != "next" {
			return all.String()
		}
		cursor = "?cursor=" + last.Next
	}
}

// needsATokenOfItsOwn: nobody gets an export without a token, and none that is old erases its user.
func (w *world) needsATokenOfItsOwn(ann *person) {
	w.Helper()
	for path, method := range map[string]string{exportPath: http.MethodGet, minePath: http.MethodDelete} {
		if a, err := ann.callsAs("Bearer x", method, path, "", ""); err != nil || a.status != http.StatusUnauthorized {
			w.Errorf("%s %s without a token: %d %s, %v", method, path, a.status, a.body, err)
		}
	}
	old := w.token(ann.user, func(c *accesstoken.Claims) { c.IssuedAt = time.Now().Add(-6 * time.Minute) })
	if a, err := ann.callsAs("Bearer "+old, http.MethodDelete, minePath, "", ""); err != nil || a.problem().Code != "forbidden" {
		w.Errorf("erased by an old token: %d %s, %v", a.status, a.body, err)
	}
}

// isGone: the connection has ended, no other is opened, and the token changes nothing any more.
func (w *world) isGone(ann, bob *person) {
	w.Helper()
	await(w.T, "she is told goodbye", func() bool {
		ann.mu.Lock()
		defer ann.mu.Unlock()
		return slices.ContainsFunc(ann.told, func(f chatclient.Frame) bool { return f.Type == "goodbye" && f.Code == "revoked" && !f.Reconnect })
	})
	_, err := ann.client.Do(w.ctx, "ping", nil)
	if err == nil {
		w.Error("her connection is still open")
	}
	_, err = chatclient.Dial(w.ctx, w.websocket, w.token(ann.user), chatclient.Options{})
	if refused, ok := errors.AsType[*chatclient.Refused](err); !ok || refused.Status != http.StatusUnauthorized {
		w.Errorf("she connects again: %v", err)
	}
	ann.isRefused("unauthorized", http.MethodGet, exportPath, "")
	ann.isRefused("unauthorized", http.MethodPost, roomPath(w.room("lobby"))+"/messages", `{"content":"x","client_message_id":"x"}`)
	ann.isRefused("unauthorized", http.MethodPut, memberPath(w.room("lobby"), ann), "{}")
	bob.isRefused("not_found", http.MethodGet, "/users/"+ann.user, "")
	bob.isRefused("not_found", http.MethodPut, "/users/me/blocks/"+ann.user, "")
	bob.isRefused("not_found", http.MethodPost, "/rooms", `{"kind":"direct","user_id":"`+ann.user+`"}`)
}
