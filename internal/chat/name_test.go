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
		name       string
		room, user Code // "" where the name is good
	}{
		{"general", "", ""}, {"a", "", ""}, {"A.b_c-9", "", ""}, {strings.Repeat("x", 64), "", ""}, {"...", "", ""},
		{"Me", "", ""}, {"mE", "", ""}, {"deleted", "", ""}, {"p", "", ""}, {"p-1", "", ""}, {"dm", "", ""}, {"P.1", "", ""},
		{"deleted-", "", CodeInvalid}, {"deleted-7", "", CodeInvalid},
		{"p.", "", ""}, {"p.7", "", ""}, {"dm.", "", ""}, {"dm.a.b", "", ""},
		{"auth0|5f7c", CodeInvalid, ""}, {"ann@example.com", CodeInvalid, ""}, {"eu:1+2", CodeInvalid, ""},
		{"", CodeInvalid, CodeInvalid}, {strings.Repeat("x", 65), CodeInvalid, CodeInvalid}, {"a b", CodeInvalid, CodeInvalid},
		{" ", CodeInvalid, CodeInvalid}, {"a#b", CodeInvalid, CodeInvalid}, {"a/b", CodeInvalid, CodeInvalid},
		{"ä", CodeInvalid, CodeInvalid}, {"a\x00", CodeInvalid, CodeInvalid}, {"p.a b", CodeInvalid, CodeInvalid},
		{".", CodeInvalid, CodeInvalid}, {"..", CodeInvalid, CodeInvalid}, {"me", CodeInvalid, CodeInvalid},
	} {
		t.Run(fmt.Sprintf("%q", c.name), func(t *testing.T) {
			wantName(t, RoomID(c.name).Validate(), c.room, "room_id")
			wantName(t, UserID(c.name).Validate(), c.user, "user_id")
		})
	}
}

func wantName(t *testing.T, err error, code Code, field string) {
	t.Helper()
	if code != CodeInvalid {
		field = "" // only what is invalid names a field
	}
	if e, _ := errors.AsType[*Error](err); CodeOf(err) != code || e != nil && e.Field != field {
		t.Errorf("got %v, want %q", err, code)
	}
}

func TestClientMessageIDs(t *testing.T) {
	for _, good := range []string{"1", " ", "~", "a b#c/d", "a!", " !", strings.Repeat("x", 64)} {
		wantField(t, ClientMessageID(good).Validate(), CodeInvalid, "")
	}
	for _, bad := range []string{"", strings.Repeat("x", 65), "\x1f", "\x7f", "é", "a\n", "!", "!a"} {
		wantField(t, ClientMessageID(bad).Validate(), CodeInvalid, "client_message_id")
	}
}
