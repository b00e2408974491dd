package wire_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"serverlesschat/internal/auth"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/wire"
)

func TestForms(t *testing.T) {
	for _, c := range []struct {
		body, name, value string
		code              chat.Code
	}{
		{"a=1&b=2", "b", "2", ""},
		{"a=x+y%26%C3%A9", "a", "x y&é", ""},
		{"a=&b=2", "a", "", chat.CodeInvalid}, // left out
		{"a=1&a=2", "a", "", chat.CodeInvalid},
		{"a=&a=", "a", "", chat.CodeInvalid},
		{"a=%zz", "a", "", chat.CodeInvalid},
		{"a=%ff", "a", "", chat.CodeInvalid},
		{"a=1;b=2", "a", "", chat.CodeInvalid},
		{"", "a", "", chat.CodeInvalid},
		{"a=" + strings.Repeat("x", 32<<10), "a", "", chat.CodeTooLarge},
	} {
		form, err := wire.ParseForm([]byte(c.body))
		var value string
		if err == nil {
			fields := chat.NewFields(form)
			value, err = fields.Text(c.name), fields.Err()
		}
		if chat.CodeOf(err) != c.code || err == nil && value != c.value {
			t.Errorf("%.40s: %q, %v", c.body, value, err)
		}
	}
}

// What is read is what url.Values write, as far as it is text.
func FuzzParseForm(f *testing.F) {
	for _, seed := range []string{"a=1&b=2", "a=%C3%A9", "=", "&", "a", "a=%", "a=%ff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		form, err := wire.ParseForm([]byte(body))
		if err != nil {
			if code := chat.CodeOf(err); code != chat.CodeInvalid && code != chat.CodeTooLarge {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		for _, values := range form {
			for _, value := range values {
				if !utf8.ValidString(value) {
					t.Errorf("%q has %q", body, value)
				}
			}
		}
		again, err := wire.ParseForm([]byte(url.Values(form).Encode()))
		if len(body) < 8<<10 && (err != nil || fmt.Sprint(again) != fmt.Sprint(form)) {
			t.Errorf("%q is %v, and then %v, %v", body, form, again, err)
		}
	})
}

func TestTokensAndTheirErrors(t *testing.T) {
	got := string(wire.Tokens(auth.Tokens{Access: "a", AccessLife: 10 * time.Minute, Refresh: "r"}, true))
	if want := `{"access_token":"a","token_type":"Bearer","expires_in":600,"refresh_token":"r"}`; got != want {
		t.Errorf("got %s", got)
	}
	if got := string(wire.Tokens(auth.Tokens{Access: "a", Refresh: "r"}, false)); strings.Contains(got, "refresh") {
		t.Errorf("the refresh token shows: %s", got)
	}
	for word, err := range map[string]error{
		"unsupported_grant_type": wire.ErrGrantType,
		"invalid_request":        chat.Invalid("grant_type", "is missing"),
		"invalid_grant":          fmt.Errorf("sign in: %w", auth.ErrGrant),
	} {
		var got struct{ Error string }
		if body := wire.OAuthError(err); json.Unmarshal(body, &got) != nil || got.Error != word {
			t.Errorf("%v: %s, want %s", err, body, word)
		}
	}
}
