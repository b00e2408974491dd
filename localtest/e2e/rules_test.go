package e2e

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"serverlesschat/localtest/accesstoken"
	"serverlesschat/localtest/chatclient"
)

func TestStoryRepeats(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ann.joins("lobby")
		ids := make([]int64, 8)
		var together sync.WaitGroup
		for i := range ids {
			together.Go(func() {
				e, err := ann.client.Send(w.ctx, w.room("lobby"), "hello", "the-same")
				if err != nil {
					t.Error(err)
				}
				ids[i] = e.ID
			})
		}
		together.Wait()
		if len(slices.Compact(ids)) != 1 {
			t.Errorf("one message was acknowledged at %v", ids)
		}
		ann.fails("conflict", "sendMessage", fields{
			"room_id": w.room("lobby"), "content": "something else", "client_message_id": "the-same",
		})
		messages := slices.DeleteFunc(ann.history("lobby", "").Messages, func(e entry) bool { return e.Kind == "void" })
		if len(messages) != 1 || messages[0].ID != ids[0] {
			t.Errorf("history: %+v", messages)
		}
		// Another user's is another message.
		bob := w.as("bob")
		bob.joins("lobby")
		if e, err := bob.client.Send(w.ctx, w.room("lobby"), "hello", "the-same"); err != nil || e.ID == ids[0] {
			t.Errorf("bob's own: %+v %v", e, err)
		}
	})
}

func TestStoryStrangers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, eve := w.as("ann"), w.as("eve")
		ann.joins("lobby")
		ann.sends("lobby", "among us")
		for room, code := range map[string]string{"lobby": "forbidden", "nowhere": "not_found"} {
			name := w.room(room)
			eve.fails(code, "sendMessage", fields{"room_id": name, "content": "hi", "client_message_id": "1"})
			eve.fails(code, "sync", fields{"room_id": name, "after_id": 0})
			status, problem := w.get("/rooms/"+name+"/messages", "Bearer "+w.token(eve.user))
			if want := map[string]int{"forbidden": 403, "not_found": 404}[code]; status != want || problem.Code != code {
				t.Errorf("history of %s: %d %+v", room, status, problem)
			}
		}
		if page := ann.history("lobby", ""); page.LastID != 1 {
			t.Errorf("a refused frame changed the room: %+v", page)
		}
	})
}

func TestStoryLeaving(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		ann.joins("lobby")
		bob.joins("lobby")
		ann.sends("lobby", "one")
		bob.sees("lobby", "one")
		bob.does("leaveRoom", fields{"room_id": w.room("lobby")})
		ann.sends("lobby", "two")
		ann.sees("lobby", "one", "two")
		// A member still: bob may send and read, and gets nothing unasked.
		bob.sends("lobby", "three")
		synced := bob.does("sync", fields{"room_id": w.room("lobby"), "after_id": 1})
		if got := contentsOf(synced.Messages); !slices.Equal(got, []string{"two", "three"}) || synced.LastID != 3 {
			t.Errorf("synced: %+v", synced)
		}
		ann.sees("lobby", "one", "two", "three")
		bob.sees("lobby", "one")
	})
}

func TestStoryPing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ann.joins("lobby")
		ann.sends("lobby", "one")
		pong := ann.does("ping", fields{"room_ids": []string{w.room("lobby"), w.room("elsewhere")}})
		if pong.Type != "pong" || len(pong.LastIDs) != 1 || pong.LastIDs[w.room("lobby")] != 1 {
			t.Errorf("pong: %+v", pong)
		}
	})
}

func TestStoryPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ann.joins("lobby")
		const count = 23
		for i := range count {
			ann.sends("lobby", "m"+strconv.Itoa(i+1))
		}
		ids := func(p page) (ids []int64) {
			for _, e := range p.Messages {
				ids = append(ids, e.ID)
			}
			return ids
		}
		for query, want := range map[string]struct {
			first, last int64
			more        bool
		}{
			"":                    {1, 23, false},
			"?limit=10":           {14, 23, true},
			"?before=14&limit=10": {4, 13, true},
			"?before=4&limit=10":  {1, 3, false},
			"?after=0&limit=10":   {1, 10, true},
			"?after=20&limit=10":  {21, 23, false},
			"?after=3&limit=20":   {4, 23, false},
		} {
			got := ann.history("lobby", query)
			n := len(got.Messages)
			if n == 0 || ids(got)[0] != want.first || ids(got)[n-1] != want.last || int64(n) != want.last-want.first+1 ||
				got.More != want.more || got.LastID != count || got.FirstID != 1 {
				t.Errorf("history %q: ids %v, more %v, last_id %d", query, ids(got), got.More, got.LastID)
			}
		}
		for query, field := range map[string]string{
			"?limit=0": "limit", "?limit=101": "limit", "?limit=x": "limit", "?after=-1": "after", "?before=0": "before",
			"?before=5&after=1": "before", "?wait=5": "wait",
		} {
			status, got := w.get("/rooms/"+w.room("lobby")+"/messages"+query, "Bearer "+w.token(ann.user))
			if status != http.StatusBadRequest || got.Code != "invalid" || got.Field != field {
				t.Errorf("history %q: %d %+v", query, status, got)
			}
		}
	})
}

func TestStoryTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, token := range map[string]string{
			"none":           "",
			"rubbish":        "rubbish",
			"expired":        w.token("ann", func(c *accesstoken.Claims) { c.ExpiresAt = time.Now().Add(-time.Second) }),
			"not yet":        w.token("ann", func(c *accesstoken.Claims) { c.NotBefore = time.Now().Add(time.Hour) }),
			"other audience": w.token("ann", func(c *accesstoken.Claims) { c.Audience = "shop" }),
			"other issuer":   w.token("ann", func(c *accesstoken.Claims) { c.Issuer = "https://elsewhere.invalid" }),
			"bad name":       w.token("no spaces"),
		} {
			_, err := chatclient.Dial(w.ctx, w.websocket, token, chatclient.Options{})
			if refused, ok := err.(*chatclient.Refused); !ok || refused.Status != http.StatusUnauthorized {
				t.Errorf("handshake, %s: %v", name, err)
			}
			authorization := ""
			if token != "" {
				authorization = "Bearer " + token
			}
			if status, got := w.get("/rooms/lobby/messages", authorization); status != http.StatusUnauthorized || got.Code != "unauthorized" {
				t.Errorf("history, %s: %d %+v", name, status, got)
			}
		}
		for _, query := range []string{"?ticket=abc", "?token=" + w.token("ann"), "?access_token=" + w.token("ann")} {
			_, err := chatclient.Dial(w.ctx, w.websocket+query, "", chatclient.Options{})
			if refused, ok := err.(*chatclient.Refused); !ok || refused.Status != http.StatusUnauthorized {
				t.Errorf("handshake with %.10s…: %v", query, err)
			}
		}
	})
}

func TestStoryATokenAmongTheSubprotocols(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, err := chatclient.Dial(w.ctx, w.websocket, w.token("ann"), chatclient.Options{
			Subprotocols: []string{"chat.v1"}, InSubprotocol: true,
		})
		if err != nil || c.Subprotocol() != "chat.v1" {
			t.Fatalf("token among the subprotocols: %v", err)
		}
		c.Drop()
		_, err = chatclient.Dial(w.ctx, w.websocket, w.token("ann"), chatclient.Options{InSubprotocol: true})
		if refused, ok := err.(*chatclient.Refused); !ok || refused.Status != http.StatusBadRequest {
			t.Errorf("a token without the chat's protocol: %v, want %d", err, http.StatusBadRequest)
		}
	})
}

// An issuer's clock is never ours to the second, and its subjects are names of its own making.
func TestStoryTokensOfAnIssuer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		token := w.token("oidc|eu:5f7c@example.com+1", func(c *accesstoken.Claims) {
			c.IssuedAt = time.Now().Add(20 * time.Second)
			c.NotBefore = c.IssuedAt
		})
		c, err := chatclient.Dial(w.ctx, w.websocket, token, chatclient.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Drop()
	})
}

func TestStoryRubbish(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ann.joins("lobby")
		lobby := w.room("lobby")
		for _, c := range []struct {
			action string
			fields fields
			code   string
			field  string
		}{
			{"dance", nil, "unknown_action", ""},
			{"sendMessage", fields{"content": "hi", "client_message_id": "1"}, "invalid", "room_id"},
			{"sendMessage", fields{"room_id": lobby, "client_message_id": "1"}, "invalid", "content"},
			{"sendMessage", fields{"room_id": lobby, "content": "hi"}, "invalid", "client_message_id"},
			{"sendMessage", fields{"room_id": lobby, "content": 5, "client_message_id": "1"}, "invalid", "content"},
			{"sendMessage", fields{"room_id": "a b", "content": "hi", "client_message_id": "1"}, "invalid", "room_id"},
			{"sendMessage", fields{"room_id": lobby, "content": "hi", "client_message_id": "\u00e9"}, "invalid", "client_message_id"},
			{"sendMessage", fields{"room_id": lobby, "content": strings.Repeat("x", 4001), "client_message_id": "1"}, "too_large", "content"},
			{"sendMessage", fields{"room_id": lobby, "content": " \u200b\n", "client_message_id": "1"}, "invalid", "content"},
			{"sendMessage", fields{"room_id": lobby, "content": "hi\x00", "client_message_id": "1"}, "invalid", "content"},
			{"sendMessage", fields{"room_id": lobby, "content": "hi", "client_message_id": "!1"}, "invalid", "client_message_id"},
			{"joinRoom", fields{"room_id": "dm.ann.bob"}, "not_found", ""},
			{"joinRoom", fields{"room_id": lobby, "after_id": -1}, "invalid", "after_id"},
			{"joinRoom", fields{"room_id": lobby, "after_id": "1"}, "invalid", "after_id"},
			{"joinRoom", fields{"room_id": lobby, "after_id": 1.5}, "invalid", "after_id"},
			{"sync", fields{"room_id": lobby}, "invalid", "after_id"},
			{"sync", fields{"room_id": lobby, "after_id": 0, "limit": 101}, "invalid", "limit"},
			{"ping", fields{"room_ids": lobby}, "invalid", "room_ids"},
		} {
			if got := ann.fails(c.code, c.action, c.fields); got.Field != c.field {
				t.Errorf("%s %v: the error names %q, want %q", c.action, c.fields, got.Field, c.field)
			}
		}
		if page := ann.history("lobby", ""); page.LastID != 0 {
			t.Errorf("a refused frame changed the room: %+v", page)
		}
		ann.sends("lobby", "still here")
		ann.sees("lobby", "still here")
	})
}

func TestStoryFramesThatAreNotEvenWrong(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		got := make(chan chatclient.Frame, 16)
		c, err := chatclient.Dial(w.ctx, w.websocket, w.token(w.name+"-ann"), chatclient.Options{
			Push: func(f chatclient.Frame) { got <- f },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Drop()
		for _, text := range []string{"hello", "[]", `"x"`, "5", "null", "{}", `{"action":7}`, `{"action":"ping"`, `{"action":"ping"} x`,
			`{"action":"ping","room_ids":["\ud83d"]}`} {
			if err := c.Write(w.ctx, []byte(text)); err != nil {
				t.Fatal(err)
			}
			select {
			case f := <-got:
				if f.Type != "error" || f.Error == nil || f.Error.Code != "invalid" {
					t.Errorf("%s: answered by %+v", text, f)
				}
			case <-w.ctx.Done():
				t.Fatalf("%s: no answer", text)
			}
		}
	})
}

func TestStoryAFrameThatIsTooLarge(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		if err := ann.client.Write(w.ctx, []byte(`{"action":"sendMessage","room_id":"`+strings.Repeat("x", 33<<10)+`"}`)); err != nil {
			t.Fatal(err)
		}
		if status, err := ann.client.CloseStatus(w.ctx); status != 1009 || err != nil {
			t.Errorf("a frame over 32 KB ended the connection with %d, %v, want 1009", status, err)
		}
	})
}

func TestStoryRoutesOfTheGatewayAreNoActions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		for _, name := range []string{"$connect", "$disconnect", "$default"} {
			ann.fails("unknown_action", name, nil)
		}
	})
}

func TestStoryHealth(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if status, _ := w.get("/health", ""); status != http.StatusOK {
			t.Errorf("health: %d", status)
		}
	})
}
