package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/token"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/chatclient"
)

// comesAs returns an account's user with a connection, opened with these tokens.
func (w *world) comesAs(name string, t tokens) *person {
	w.Helper()
	p, err := w.comesWith(name, t.Access, "", chatclient.Options{})
	if err != nil {
		w.Fatal(err)
	}
	return p
}

// TestStoryASignInIsEnded: its connections are told and closed at once, and nothing is done with its token any more. The
// user's other sign-ins go on.
func TestStoryASignInIsEnded(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		user := w.name + "-ann"
		w.registers(user)
		lost, kept := w.signsIn(user, goodPassword), w.signsIn(user, goodPassword)
		phone, laptop, bob := w.comesAs("ann", lost), w.comesAs("ann", kept), w.as("bob")
		for _, p := range []*person{bob, phone, laptop} {
			p.joins("lobby")
		}
		id, _, _ := strings.Cut(lost.Refresh, ".")
		gone := chat.Connection{
			ID: madeUp(0), User: chat.UserID(user), Session: token.SessionID(id), ConnectedAt: time.Now(), TokenExpiresAt: time.Now().Add(time.Hour),
		}
		if err := w.store().PutConnection(w.ctx, gone, 100); err != nil {
			t.Fatal(err)
		}
		w.hasJoined(gone.ID, "other")
		begun := time.Now()
		a, err := w.form("/auth/revoke", "token="+lost.Refresh)
		w.must(http.StatusOK, a, err)
		if left := w.subscribers("other"); len(left) > 0 {
			t.Errorf("who cannot be closed still gets the room: %+v", left)
		}
		phone.hearsGoodbye("revoked")
		t.Logf("told and closed after %v", time.Since(begun).Round(time.Millisecond))
		bob.sends("lobby", "is it you?")
		laptop.sees("lobby", "is it you?")
		phone.sees("lobby")

		w.refused("a handshake", http.StatusUnauthorized, lost.Access, "", chatclient.Options{})
		for _, call := range []struct{ method, path, body string }{
			{"POST", "/auth/ticket", ""}, {"GET", "/users/me", ""}, {"PATCH", "/users/me", `{"display_name":"Thief"}`},
			{"POST", "/rooms", `{"kind":"private","name":"x"}`}, {"DELETE", "/rooms/" + w.room("lobby"), ""},
			{"GET", "/poll?after=" + w.room("lobby") + ":0", ""},
			{"POST", "/rooms/" + w.room("lobby") + "/messages", `{"content":"x","client_message_id":"x"}`},
			{"POST", "/auth/password", fmt.Sprintf(`{"password":%q,"new_password":"staple horse"}`, goodPassword)},
		} {
			a, err := w.asks(call.method, call.path, "application/json", call.body, bearerOf(lost))
			if err != nil || a.status != http.StatusUnauthorized {
				t.Errorf("%s %s: got %d %s, %v", call.method, call.path, a.status, a.body, err)
			}
		}
		laptop.fails("unauthorized", "authenticate", fields{"token": lost.Access})
		laptop.does("authenticate", fields{"token": w.refreshes(kept.Refresh).Access})
		laptop.sends("lobby", "it is me")
		bob.sees("lobby", "is it you?", "it is me")
		a, err = w.asks("POST", "/auth/revoke", "application/x-www-form-urlencoded", "all=true", bearerOf(kept))
		w.must(http.StatusOK, a, err)
		laptop.hearsGoodbye("revoked")
	})
}

// TestStoryATokenIsUsedTwice: who shows a refresh token long after it was replaced may be a thief, so the sign-in ends.
func TestStoryATokenIsUsedTwice(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		user := w.name + "-ann"
		w.registers(user)
		first := w.signsIn(user, goodPassword)
		ann := w.comesAs("ann", first)
		ann.joins("lobby")
		w.waitsInItsRow(first.Refresh, 11*time.Second)
		second := w.refreshes(first.Refresh)
		w.waitsInItsRow(second.Refresh, 11*time.Second)
		a, err := w.form("/auth/token", "grant_type=refresh_token", "refresh_token="+first.Refresh)
		w.denied("invalid_grant", a, err)
		ann.hearsGoodbye("revoked")
		a, err = w.form("/auth/token", "grant_type=refresh_token", "refresh_token="+second.Refresh)
		w.denied("invalid_grant", a, err)
	})
}

// TestStoryEndedWhileComing: a sign-in ends while its user opens connections and joins rooms. Whatever gets in meanwhile is
// thrown out: in the end no connection of it is open, and none gets anything.
func TestStoryEndedWhileComing(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		user := w.name + "-ann"
		w.registers(user)
		held := w.signsIn(user, goodPassword)
		bob := w.as("bob")
		bob.joins("lobby")
		var coming sync.WaitGroup
		var mu sync.Mutex
		var all []*person
		for range 8 {
			coming.Go(func() {
				for range 4 {
					p, err := w.comesWith("ann", held.Access, "", chatclient.Options{})
					if refused, ok := errors.AsType[*chatclient.Refused](err); ok && refused.Status == http.StatusUnauthorized {
						return
					} else if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					all = append(all, p)
					mu.Unlock()
					_, _ = p.client.Join(w.ctx, w.room("lobby")) // it may be thrown out meanwhile
				}
			})
		}
		a, err := w.form("/auth/revoke", "token="+held.Refresh)
		w.must(http.StatusOK, a, err)
		coming.Wait()
		bob.sends("lobby", "who is there?")
		for _, p := range all {
			await(t, "it is closed", func() bool {
				select {
				case <-p.client.Done():
					return true
				default: // it was let in before, and is closed by what it asks for next
					_, _ = p.client.Do(w.ctx, "ping", nil)
					return false
				}
			})
		}
		await(t, "nobody but bob gets the room", func() bool { return len(w.subscribers("lobby")) == 1 })
	})
}

// TestStoryAnAccountIsErased: its password is asked for, however fresh the token is. Then nobody signs in any more, and the
// name is not given again.
func TestStoryAnAccountIsErased(t *testing.T) {
	eachEngine(t, func(t *testing.T, kind engine.Kind) {
		w := startOwn(t, stack.Options{Engine: kind, Parameters: map[string]string{"EraseAfterSeconds": "0"}})
		user := w.name + "-ann"
		w.registers(user)
		held := w.signsIn(user, goodPassword)
		ann := w.comesAs("ann", held)
		ann.joins("lobby")
		erase := func(body string) (answer, error) {
			return w.asks(http.MethodDelete, minePath, "application/json", body, bearerOf(held))
		}
		for body, code := range map[string]string{
			``: "invalid", `{}`: "invalid", `{"password":7}`: "invalid", `[]`: "invalid", `{"password":"wrong horse"}`: "forbidden",
		} {
			a, err := erase(body)
			if err != nil || a.problem().Code != code {
				t.Errorf("erased with %s: %d %s, %v", body, a.status, a.body, err)
			}
		}
		ann.sends("lobby", "still here")
		a, err := w.asks(http.MethodGet, exportPath, "", "", bearerOf(held))
		w.must(http.StatusOK, a, err)
		if text := string(a.body); !strings.Contains(text, `"kind":"account"`) || strings.Contains(text, "argon2") {
			t.Errorf("the export is %s", text)
		}
		a, err = erase(strings.Repeat(" ", 32<<10) + "{}")
		w.must(http.StatusRequestEntityTooLarge, a, err)
		a, err = erase(fmt.Sprintf(`{"password":%q}`, goodPassword))
		w.must(http.StatusAccepted, a, err)
		ann.hearsGoodbye("revoked")
		await(t, "all is erased", func() bool {
			a, err := erase("")
			return err == nil && a.status == http.StatusOK
		})
		a, err = w.form("/auth/token", "grant_type=password", "username="+user, "password="+goodPassword)
		w.denied("invalid_grant", a, err)
		a, err = w.form("/auth/token", "grant_type=refresh_token", "refresh_token="+held.Refresh)
		w.denied("invalid_grant", a, err)
		a, err = w.asks("POST", "/auth/register", "application/json", fmt.Sprintf(`{"user_id":%q,"password":"another horse","display_name":"Me"}`, user))
		w.must(http.StatusConflict, a, err)
		if text := w.dump("AccountsTable"); strings.Contains(text, "argon2") || strings.Contains(text, "127.0.0.1") {
			t.Errorf("of the account is left %s", text)
		}
	})
}
