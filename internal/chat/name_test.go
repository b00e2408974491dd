package chat

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// wantField checks that err is CodeInvalid (or code) for the field; field "" wants no error.
func wantField(t *testing.T, err error, code Code, field string) {
	t.Helper()
	if field == "" {
		if err != nil {
			t.Errorf("got %v, want no error", err)
		}
		return
	}
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Code != code || e.Field != field {
		t.Errorf("got %v, want %s with field %s", err, code, field)
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		name string
		good bool
	}{
		{"general", true}, {"a", true}, {"A.b_c-9", true}, {strings.Repeat("x", 64), true}, {"...", true}, {"Me", true},
		{"deleted", true}, {"mE", true},
		{"", false}, {strings.Repeat("x", 65), false}, {"a b", false}, {"a#b", false}, {"a/b", false}, {"ä", false},
		{"a\x00", false}, {".", false}, {"..", false}, {"me", false}, {"deleted-", false}, {"deleted-7", false},
	} {
		field := func(name string) string {
			if c.good {
				return ""
			}
			return name
		}
		t.Run(fmt.Sprintf("%q", c.name), func(t *testing.T) {
			wantField(t, RoomID(c.name).Validate(), CodeInvalid, field("room_id"))
			wantField(t, UserID(c.name).Validate(), CodeInvalid, field("user_id"))
		})
	}
}

func TestClientMessageIDs(t *testing.T) {
	for _, good := range []string{"1", " ", "~", "a b#c/d", strings.Repeat("x", 64)} {
		wantField(t, ClientMessageID(good).Validate(), CodeInvalid, "")
	}
	for _, bad := range []string{"", strings.Repeat("x", 65), "\x1f", "\x7f", "é", "a\n"} {
		wantField(t, ClientMessageID(bad).Validate(), CodeInvalid, "client_message_id")
	}
}
