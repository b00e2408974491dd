package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"serverlesschat/internal/accounts"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
)

const formType = "application/x-www-form-urlencoded"

// TestStoryBadAccountRequests: whatever is wrong is told by its code and its field, for each call.
func TestStoryBadAccountRequests(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := "Authorization: Bearer " + w.token(w.name+"-ann")
		huge := strings.Repeat(" ", 32<<10) + "{}"
		for _, c := range []struct {
			method, path, body string
			status             int
			code, field        string
		}{
			{"POST", "/auth/register", `{}`, 400, "invalid", "user_id"},
			{"POST", "/auth/register", `[]`, 400, "invalid", ""},
			{"POST", "/auth/register", huge, 413, "too_large", ""},
			{"POST", "/auth/register", `{"user_id":"Ann","password":"12345678"}`, 400, "invalid", "user_id"},
			{"POST", "/auth/register", `{"user_id":"a|b","password":"12345678"}`, 400, "invalid", "user_id"},
			{"POST", "/auth/register", `{"user_id":"me","password":"12345678"}`, 400, "invalid", "user_id"},
			{"POST", "/auth/register", `{"user_id":"deleted-1","password":"12345678"}`, 400, "invalid", "user_id"},
			{"POST", "/auth/register", `{"user_id":"ann","password":"1234567"}`, 400, "invalid", "password"},
			{"POST", "/auth/register", `{"user_id":"ann","password":"12345678","display_name":" "}`, 400, "invalid", "display_name"},
			{"POST", "/auth/register", `{"user_id":"ann","password":"12345678","invite":"é"}`, 400, "invalid", "invite"},
			{"POST", "/auth/password", `{"password":"x"}`, 400, "invalid", "new_password"},
			{"POST", "/auth/password", `{"password":"x","new_password":"short"}`, 400, "invalid", "new_password"},
			{"POST", "/auth/password", huge, 413, "too_large", ""},
			{"POST", "/auth/password", `{"password":"12345678","new_password":"12345678"}`, 403, "forbidden", ""}, // no account
			{"PATCH", "/users/me", `{"display_name":7}`, 400, "invalid", "display_name"},
			{"PATCH", "/users/me", huge, 413, "too_large", ""},
		} {
			a, err := w.asks(c.method, c.path, "application/json", c.body, ann)
			if p := w.must(c.status, a, err).problem(); p.Code != c.code || p.Field != c.field {
				t.Errorf("%s %s %.80s: got %d %s", c.method, c.path, c.body, a.status, a.body)
			}
		}
		for _, call := range []string{"POST /auth/password", "GET /users/me", "PATCH /users/me"} {
			method, path, _ := strings.Cut(call, " ")
			a, err := w.asks(method, path, "application/json", "{}")
			w.must(http.StatusUnauthorized, a, err)
		}
		a, err := w.asks("POST", "/auth/revoke", formType, "all=true")
		w.must(http.StatusUnauthorized, a, err)
	})
}

// TestStoryBadForms: the calls of OAuth 2.0 have their own words for what is wrong.
func TestStoryBadForms(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, c := range []struct{ path, body, want string }{
			{"/auth/token", "", "invalid_request"},
			{"/auth/token", "grant_type=", "invalid_request"},
			{"/auth/token", "grant_type=implicit", "unsupported_grant_type"},
			{"/auth/token", "grant_type=password&username=ann", "invalid_request"},
			{"/auth/token", "grant_type=password&username=ann&username=bob&password=x", "invalid_request"},
			{"/auth/token", "grant_type=password&grant_type=password&username=ann&password=x", "invalid_request"},
			{"/auth/token", "grant_type=password&username=" + strings.Repeat("a", 65) + "&password=x", "invalid_request"},
			{"/auth/token", "grant_type=password&username=ann&password=" + strings.Repeat("a", 1025), "invalid_request"},
			{"/auth/token", "grant_type=password&username=Ann%20B&password=x", "invalid_grant"},
			{"/auth/token", "grant_type=password&username=ann&password=%ff", "invalid_request"},
			{"/auth/token", "grant_type=password&username=ann&password=%zz", "invalid_request"},
			{"/auth/token", "grant_type=refresh_token", "invalid_request"},
			{"/auth/token", "grant_type=refresh_token&cookie=true", "invalid_request"},
			{"/auth/token", "grant_type=refresh_token&cookie=1&refresh_token=x", "invalid_request"},
			{"/auth/token", "grant_type=refresh_token&refresh_token=x&attempt=%C3%A9", "invalid_request"},
			{"/auth/token", strings.Repeat("a", 33<<10), "invalid_request"},
			{"/auth/revoke", "", "invalid_request"},
			{"/auth/revoke", "token=" + strings.Repeat("a", 4097), "invalid_request"},
			{"/auth/revoke", "all=yes", "invalid_request"},
		} {
			a, err := w.asks("POST", c.path, formType, c.body)
			w.denied(c.want, a, err)
		}
	})
}

// TestStoryTooManyTries: who tries too often is told how long to wait, and nobody else is kept out for it.
func TestStoryTooManyTries(t *testing.T) {
	eachEngine(t, func(t *testing.T, kind engine.Kind) {
		w := startOwn(t, stack.Options{Engine: kind})
		w.registers("ann")
		w.registers("bob")
		got := w.signsIn("ann", goodPassword)
		tries := func(what string, most int, try func() (answer, error)) {
			t.Helper()
			for range most + 1 {
				a, err := try()
				if err != nil {
					t.Fatal(err)
				}
				if a.status == http.StatusTooManyRequests {
					if !strings.Contains(string(a.body), `"retry_after_ms":`) || a.header.Get("Retry-After") == "" {
						t.Errorf("%s: %s does not say how long to wait", what, a.body)
					}
					return
				}
			}
			t.Errorf("%s: %d tries are let through", what, most+1)
		}
		tries("sign in", 12, func() (answer, error) {
			return w.asks("POST", "/auth/token", formType, "grant_type=password&username=ann&password=wrong",
				fmt.Sprintf("X-Forwarded-For: 192.0.2.%d", time.Now().UnixNano()%250)) // nobody's word counts for the address
		})
		w.signsIn("bob", goodPassword)
		w.refreshes(got.Refresh)
		tries("change the password", 12, func() (answer, error) {
			return w.asks("POST", "/auth/password", "application/json", `{"password":"wrong","new_password":"12345678"}`, bearerOf(got))
		})
		tries("register", 25, func() (answer, error) {
			return w.asks("POST", "/auth/register", "application/json", `{"user_id":"bob","password":"12345678"}`)
		})
	})
}

// TestStoryInvites: without a code nobody comes in; nor where registration is closed.
func TestStoryInvites(t *testing.T) {
	w := startOwn(t, stack.Options{Parameters: map[string]string{"Registration": "invite"}})
	for body, field := range map[string]string{
		`{"user_id":"ann","password":"12345678"}`:                 "invite",
		`{"user_id":"ann","password":"12345678","invite":"nope"}`: "invite",
	} {
		a, err := w.asks("POST", "/auth/register", "application/json", body)
		if p := w.must(http.StatusBadRequest, a, err).problem(); p.Code != "invalid" || p.Field != field {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	w.putRow("AccountsTable", row{
		"item": textValue("invite#" + string(accounts.InviteOf("code"))), "expires_at": numberValue(time.Now().Add(time.Hour).Unix()),
	})
	for _, c := range []struct {
		user   string
		status int
	}{{"ann", http.StatusCreated}, {"bob", http.StatusBadRequest}} {
		a, err := w.asks("POST", "/auth/register", "application/json",
			fmt.Sprintf(`{"user_id":%q,"password":"12345678","invite":"code"}`, c.user))
		w.must(c.status, a, err)
	}
	closed := startOwn(t, stack.Options{Parameters: map[string]string{"Registration": "closed"}})
	a, err := closed.asks("POST", "/auth/register", "application/json", `{"user_id":"ann","password":"12345678"}`)
	closed.must(http.StatusForbidden, a, err)
}

// TestStoryAnotherIssuer: where users come with tokens of another issuer, there are no accounts here.
func TestStoryAnotherIssuer(t *testing.T) {
	w := startOwn(t, stack.Options{Parameters: map[string]string{"Accounts": "issuer"}})
	ann := w.as("ann")
	for _, call := range []string{
		"POST /auth/register", "POST /auth/token", "POST /auth/revoke", "POST /auth/password", "GET /.well-known/jwks.json",
	} {
		method, path, _ := strings.Cut(call, " ")
		a, err := ann.calls(method, path, "application/json", "{}")
		w.must(http.StatusNotFound, a, err)
	}
	a, err := ann.calls("PATCH", "/users/me", "application/json", `{"display_name":"Ann"}`)
	w.must(http.StatusOK, a, err)
}

// TestStoryAFloodOfPasswords: while more passwords come than are hashed side by side, who refreshes is served.
func TestStoryAFloodOfPasswords(t *testing.T) {
	w := startOwn(t, stack.Options{Parameters: map[string]string{"HashConcurrency": "1"}})
	w.registers("ann")
	got := w.signsIn("ann", goodPassword)
	var flood sync.WaitGroup
	var stop atomic.Bool
	var hashed, busy atomic.Int64
	for i := range 4 {
		flood.Go(func() {
			for n := 0; !stop.Load(); n++ {
				a, err := w.form("/auth/token", "grant_type=password", fmt.Sprintf("username=user-%d-%d", i, n), "password=x")
				switch {
				case err != nil:
					t.Error(err)
					return
				case a.status == http.StatusServiceUnavailable:
					busy.Add(1)
				default:
					hashed.Add(1)
				}
			}
		})
	}
	for range 30 {
		a, err := w.form("/auth/token", "grant_type=refresh_token", "refresh_token="+got.Refresh)
		if w.tokensOf(w.must(http.StatusOK, a, err)).Refresh != got.Refresh {
			t.Errorf("got another token: %s", a.body)
		}
	}
	stop.Store(true)
	flood.Wait()
	if busy.Load() == 0 {
		t.Errorf("of the flood %d were hashed and none refused: it was none", hashed.Load())
	}
}
