package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/localtest/chatclient"
)

const goodPassword = "correct horse battery"

// tokens are what a sign-in brings.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

func (w *world) tokensOf(a answer) (t tokens) {
	w.Helper()
	if err := json.Unmarshal(a.body, &t); err != nil || t.Access == "" {
		w.Fatalf("no tokens: %s, %v", a.body, err)
	}
	return t
}

func (w *world) registers(user string) {
	w.Helper()
	a, err := w.asks("POST", "/auth/register", "application/json",
		fmt.Sprintf(`{"user_id":%q,"password":%q,"display_name":"Miss %s"}`, user, goodPassword, user[len(user)-3:]))
	w.must(http.StatusCreated, a, err)
}

func (w *world) signsIn(user, password string) tokens {
	w.Helper()
	a, err := w.form("/auth/token", "grant_type=password", "username="+user, "password="+password)
	return w.tokensOf(w.must(http.StatusOK, a, err))
}

func (w *world) refreshes(token string) tokens {
	w.Helper()
	a, err := w.form("/auth/token", "grant_type=refresh_token", "refresh_token="+token)
	return w.tokensOf(w.must(http.StatusOK, a, err))
}

// denied expects that the token endpoint refuses with a word of OAuth 2.0.
func (w *world) denied(word string, a answer, err error) {
	w.Helper()
	var got struct{ Error string }
	if w.must(http.StatusBadRequest, a, err); json.Unmarshal(a.body, &got) != nil || got.Error != word {
		w.Errorf("got %s, want %s", a.body, word)
	}
}

// waitsInItsRow has the newest generation of a refresh token's family begun earlier.
func (w *world) waitsInItsRow(token string, d time.Duration) {
	w.Helper()
	id, _, _ := strings.Cut(token, ".")
	_, err := w.dynamoDB.UpdateItem(w.ctx, &dynamodb.UpdateItemInput{
		TableName: w.tableName("AccountsTable"), Key: row{"item": textValue("family#" + id)},
		UpdateExpression:          aws.String("SET rotated_at = rotated_at - :d"),
		ConditionExpression:       aws.String("attribute_exists(gen)"),
		ExpressionAttributeValues: row{":d": numberValue(d.Milliseconds())},
	})
	if err != nil {
		w.Fatal(err)
	}
}

func bearerOf(t tokens) string { return "Authorization: Bearer " + t.Access }

// TestStoryAccounts: who registers signs in, talks, is called by a name, and stays signed in.
func TestStoryAccounts(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		user := w.name + "-ann"
		w.registers(user)
		a, err := w.asks("POST", "/auth/register", "application/json",
			fmt.Sprintf(`{"user_id":%q,"password":"another one"}`, user))
		if w.must(http.StatusConflict, a, err); a.problem().Code != "conflict" {
			t.Errorf("a second ann: %s", a.body)
		}
		got := w.signsIn(user, goodPassword)
		client, err := chatclient.Dial(w.ctx, w.websocket, got.Access, chatclient.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Drop()
		if _, err := client.Do(w.ctx, "joinRoom", fields{"room_id": w.room("lobby")}); err != nil {
			t.Error(err)
		}
		lobby := w.room("lobby")
		for _, path := range []string{"/rooms", "/rooms/" + lobby + "/messages", "/poll?after=" + lobby + ":0"} {
			a, err := w.asks("GET", path, "", "", bearerOf(got))
			w.must(http.StatusOK, a, err)
		}
		bob := w.as("bob")
		for _, c := range []struct{ method, path, body, authorization, name string }{
			{"GET", "/users/me", "", bearerOf(got), "Miss ann"},
			{"PATCH", "/users/me", `{"display_name":"Ann ☕"}`, bearerOf(got), "Ann ☕"},
			{"PATCH", "/users/me", `{}`, bearerOf(got), "Ann ☕"},
			{"GET", "/users/" + user, "", "Authorization: Bearer " + w.token(bob.user), "Ann ☕"},
		} {
			a, err := w.asks(c.method, c.path, "application/json", c.body, c.authorization)
			w.must(http.StatusOK, a, err)
			if want := fmt.Sprintf(`{"user_id":%q,"display_name":%q}`, user, c.name); string(a.body) != want {
				t.Errorf("%s %s: %s, want %s", c.method, c.path, a.body, want)
			}
		}
		a, err = w.asks("POST", "/auth/register", "application/json",
			fmt.Sprintf(`{"user_id":%q,"password":"another one"}`, bob.user))
		w.must(http.StatusConflict, a, err) // bob has been here by tokens of another issuer
		a, err = w.asks("GET", "/.well-known/jwks.json", "", "")
		if w.must(http.StatusOK, a, err); !strings.Contains(string(a.body), `"alg":"ES256"`) || strings.Contains(string(a.body), `"d"`) {
			t.Errorf("keys: %s", a.body)
		}
	})
}

// TestStoryWrongPasswords: whether the name is there shows in nothing.
func TestStoryWrongPasswords(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		user := w.name + "-ann"
		w.registers(user)
		wrong, err := w.form("/auth/token", "grant_type=password", "username="+user, "password=wrong horse")
		w.denied("invalid_grant", wrong, err)
		unknown, err := w.form("/auth/token", "grant_type=password", "username="+w.name+"-nobody", "password=wrong horse")
		w.denied("invalid_grant", unknown, err)
		if string(wrong.body) != string(unknown.body) {
			t.Errorf("a known name: %s, an unknown one: %s", wrong.body, unknown.body)
		}
		for _, header := range []string{"Cache-Control", "Content-Type"} {
			if wrong.header.Get(header) != unknown.header.Get(header) || wrong.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %q and %q", header, wrong.header.Get(header), unknown.header.Get(header))
			}
		}
	})
}

// TestStoryRefresh: a token is replaced by its use, and one that was replaced long ago ends its family.
func TestStoryRefresh(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		user := w.name + "-ann"
		w.registers(user)
		first := w.signsIn(user, goodPassword)
		if again := w.refreshes(first.Refresh); again.Refresh != first.Refresh || again.Access == first.Access {
			t.Errorf("at once: %+v, then %+v", first, again)
		}
		w.waitsInItsRow(first.Refresh, 11*time.Second)
		second := w.refreshes(first.Refresh)
		if second.Refresh == first.Refresh {
			t.Error("the token was not replaced")
		}
		if late := w.refreshes(first.Refresh); late.Refresh != second.Refresh {
			t.Errorf("the old one got %q, not %q", late.Refresh, second.Refresh)
		}
		w.waitsInItsRow(first.Refresh, 11*time.Second)
		for _, token := range []string{first.Refresh, second.Refresh, second.Refresh[:len(second.Refresh)-1], "junk"} {
			a, err := w.form("/auth/token", "grant_type=refresh_token", "refresh_token="+token)
			w.denied("invalid_grant", a, err)
		}
	})
}

// TestStoryCookie: a page whose refresh token is in a cookie never sees it.
func TestStoryCookie(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		user := w.name + "-ann"
		w.registers(user)
		a, err := w.form("/auth/token", "grant_type=password", "username="+user, "password="+goodPassword, "cookie=true")
		if got := w.tokensOf(w.must(http.StatusOK, a, err)); got.Refresh != "" {
			t.Errorf("the body shows the refresh token: %s", a.body)
		}
		cookie := a.header.Get("Set-Cookie")
		for _, rule := range []string{"HttpOnly", "Secure", "SameSite=Strict", "Path=/auth"} {
			if !slices.Contains(strings.Split(cookie, "; "), rule) {
				t.Errorf("the cookie %q lacks %s", cookie, rule)
			}
		}
		value, _, _ := strings.Cut(cookie, ";")
		ask := func(path, body string) (answer, error) {
			return w.asks("POST", path, "application/x-www-form-urlencoded", body, "Cookie: other=1; "+value)
		}
		a, err = ask("/auth/token", "grant_type=refresh_token&cookie=true")
		w.tokensOf(w.must(http.StatusOK, a, err))
		a, err = ask("/auth/token", "grant_type=refresh_token")
		w.denied("invalid_request", a, err) // a cookie alone does nothing
		a, err = ask("/auth/revoke", "cookie=true")
		if w.must(http.StatusOK, a, err); !strings.HasPrefix(a.header.Get("Set-Cookie"), "__Secure-refresh_token=; Max-Age=0") {
			t.Errorf("signing out leaves the cookie: %q", a.header.Get("Set-Cookie"))
		}
		a, err = ask("/auth/token", "grant_type=refresh_token&cookie=true")
		w.denied("invalid_grant", a, err)
	})
}

// TestStorySigningOut: a change of the password ends all other sign-ins, and so does signing out of all.
func TestStorySigningOut(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		user := w.name + "-ann"
		w.registers(user)
		one, two := w.signsIn(user, goodPassword), w.signsIn(user, goodPassword)
		change := fmt.Sprintf(`{"password":%q,"new_password":"staple horse"}`, goodPassword)
		for range 2 { // a repeat is safe
			a, err := w.asks("POST", "/auth/password", "application/json", change, bearerOf(one))
			w.must(http.StatusNoContent, a, err)
		}
		a, err := w.asks("POST", "/auth/password", "application/json",
			`{"password":"wrong horse","new_password":"wrong staple"}`, bearerOf(one))
		w.must(http.StatusForbidden, a, err)
		a, err = w.form("/auth/token", "grant_type=refresh_token", "refresh_token="+two.Refresh)
		w.denied("invalid_grant", a, err)
		w.refreshes(one.Refresh)
		a, err = w.form("/auth/token", "grant_type=password", "username="+user, "password="+goodPassword)
		w.denied("invalid_grant", a, err)

		three := w.signsIn(user, "staple horse")
		a, err = w.form("/auth/revoke", "token="+three.Refresh)
		w.must(http.StatusOK, a, err)
		a, err = w.form("/auth/revoke", "token=junk")
		w.must(http.StatusOK, a, err)
		a, err = w.form("/auth/token", "grant_type=refresh_token", "refresh_token="+three.Refresh)
		w.denied("invalid_grant", a, err)
		a, err = w.asks("POST", "/auth/revoke", "application/x-www-form-urlencoded", "all=true", bearerOf(one))
		w.must(http.StatusOK, a, err)
		a, err = w.form("/auth/token", "grant_type=refresh_token", "refresh_token="+one.Refresh)
		w.denied("invalid_grant", a, err)
	})
}
