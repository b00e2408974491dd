package e2e

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"serverlesschat/localtest/accesstoken"
	"serverlesschat/localtest/chatclient"
)

// What this story sends must be nowhere but in the store; the search at the end of the run tells. It goes every way that
// a content and a token can go, and every way in which they are refused.
func TestStoryWhatUsersSendIsNotLogged(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann, eve := w.as("ann"), w.as("eve")
		ann.joins("lobby")
		const content = "nobody's business but the room's: “ünïq” <&>"
		frame := func(room, content string, id any) fields {
			return fields{"room_id": room, "content": content, "client_message_id": id}
		}
		said, err := ann.does("sendMessage", frame(w.room("lobby"), content, "first")).Entry()
		if err != nil {
			t.Fatal(err)
		}
		ann.changes("editMessage", "lobby", said.ID, fields{"content": content + " edited"})
		post := func(body string) (answer, error) {
			return ann.calls(http.MethodPost, "/rooms/"+w.room("lobby")+"/messages", "application/json", body)
		}
		if a, err := post(`{"content":"` + content + ` posted","client_message_id":"posted"}`); err != nil || a.status != http.StatusCreated {
			t.Errorf("posted: %d %s, %v", a.status, a.body, err)
		}
		if a, err := post(`{"content":"` + content + ` not an object`); err != nil || a.status != http.StatusBadRequest {
			t.Errorf("posted half: %d %s, %v", a.status, a.body, err)
		}
		ann.fails("conflict", "sendMessage", frame(w.room("lobby"), content+" again", "posted"))
		ann.fails("too_large", "sendMessage", frame(w.room("lobby"), strings.Repeat(content, 200), "large"))
		ann.fails("invalid", "sendMessage", frame(w.room("lobby"), content+" without an id", 5))
		ann.fails("unknown_action", "say", frame(w.room("lobby"), content+" to nobody", "1"))
		eve.fails("forbidden", "sendMessage", frame(w.room("lobby"), content+" of a stranger", "1"))
		eve.fails("not_found", "sendMessage", frame(w.room("nowhere"), content+" to no room", "1"))
		w.sendsBadTokens(ann.user)
	})
}

// sendsBadTokens sends tokens that are refused, in all places that a handshake and a request have for them.
func (w *world) sendsBadTokens(user string) {
	w.Helper()
	spoilt := w.token(user)
	spoilt = spoilt[:len(spoilt)-8] + "AAAAAAAA"
	confidential().token(spoilt)
	expired := w.token(user, func(c *accesstoken.Claims) { c.ExpiresAt = time.Now().Add(-time.Hour) })
	for _, token := range []string{spoilt, expired} {
		for _, c := range []struct {
			url, token string
			options    chatclient.Options
		}{
			{w.websocket, token, chatclient.Options{}},
			{w.websocket, token, chatclient.Options{InSubprotocol: true, Subprotocols: []string{"chat.v1"}}},
			{w.websocket + "?token=" + token, "", chatclient.Options{}},
			{w.websocket + "?ticket=" + token, "", chatclient.Options{}},
		} {
			if client, err := chatclient.Dial(w.ctx, c.url, c.token, c.options); err == nil {
				w.Errorf("a bad token is taken")
				client.Drop()
			}
		}
		if status, _ := w.get("/rooms/"+w.room("lobby")+"/messages", "Bearer "+token); status != http.StatusUnauthorized {
			w.Errorf("history with a bad token: %d", status)
		}
		if status, _ := w.get("/rooms/"+w.room("lobby")+"/messages?access_token="+token, ""); status != http.StatusUnauthorized {
			w.Errorf("history with a bad token in the query: %d", status)
		}
	}
}

func TestTheSearchFindsWhatWasSent(t *testing.T) {
	const token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJlLW9mLWFubg"
	for name, c := range map[string]struct{ line, want string }{
		"nothing":                  {`{"outcome":"ok","room":"lobby","field":"content"}`, ""},
		"a header of HTTP":         {`{"Content-Type":"text/plain"}`, ""},
		"the head of a token":      {`{"header":"eyJhbGciOiJFUzI1NiJ9"}`, ""},
		"a token":                  {`{"authorization":"Bearer ` + token + `"}`, "a part of a token"},
		"a part of a token":        {`claims eyJzdWIiOiJhbm4ifQ`, "a part of a token"},
		"a token of a frame":       {`dG9rZW4tb2YtYW4tb3Blbi1vbmU`, "a part of a token"},
		"a content":                {`{"error":"cannot store hello <world>"}`, `the content "hello <world>"`},
		"a content as JSON has it": {`{"error":"cannot store hello \u003cworld\u003e"}`, `the content "hello <world>"`},
		"a name":                   {`{"action":"sendMessage"}`, ""},
		"a short content":          {`{"frame":"{\"action\":\"sendMessage\",\"content\":\"hi\"}"}`, "a member called content"},
		"a row":                    {`{"Item":{"content":{"S":"hi"}}}`, "a member called content"},
		"an entry as Go prints it": {`entry {ID:1 Content:hi}`, "a member called content"},
	} {
		s := newSecrecy()
		s.token(token)
		s.body([]byte(`{"action":"sendMessage","content":"hello \u003cworld\u003e"}`))
		s.body([]byte(`{"action":"authenticate","token":"h.dG9rZW4tb2YtYW4tb3Blbi1vbmU.s"}`))
		s.body([]byte(`{"content":"sendMessage"}`))
		s.body([]byte(`{"content":5,"token":[]}`))
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "x.log"), []byte("before\n"+c.line+"\nafter\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.searchFolder(folder), s.searchFolder(filepath.Join(folder, "none"))); err != nil {
			t.Fatal(err)
		}
		err := s.judge(false)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), "x.log has "+c.want+": "+c.line) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if err := newSecrecy().judge(true); err == nil || !strings.Contains(err.Error(), "no stack had a chat-connect.log") {
		t.Errorf("nothing was searched: %v", err)
	}
}
