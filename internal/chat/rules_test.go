package chat

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
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

func TestContent(t *testing.T) {
	for _, good := range []string{"x", " ", "\x00", strings.Repeat("x", 4000), strings.Repeat("👍", 4000)} {
		wantField(t, ValidateContent(good), CodeInvalid, "")
	}
	wantField(t, ValidateContent(""), CodeInvalid, "content")
	wantField(t, ValidateContent("a\xff"), CodeInvalid, "content")
	wantField(t, ValidateContent(strings.Repeat("x", 4001)), CodeTooLarge, "content")
	wantField(t, ValidateContent(strings.Repeat("é", 4001)), CodeTooLarge, "content")
}

func ids(n ...EntryID) *EntryID { return &n[0] }

func TestInputs(t *testing.T) {
	type input interface{ Validate() error }
	named := func(n int) []RoomID {
		var names []RoomID
		for i := range n {
			names = append(names, RoomID(fmt.Sprint("r", i)))
		}
		return names
	}
	for _, c := range []struct {
		name  string
		in    input
		field string
	}{
		{"send", SendMessage{"r", "hi", "1"}, ""},
		{"send without room", SendMessage{"", "hi", "1"}, "room_id"},
		{"send without id", SendMessage{"r", "hi", ""}, "client_message_id"},
		{"send without content", SendMessage{"r", "", "1"}, "content"},
		{"join", JoinRoom{"r", nil}, ""},
		{"join after 0", JoinRoom{"r", ids(0)}, ""},
		{"join after -1", JoinRoom{"r", ids(-1)}, "after_id"},
		{"join nothing", JoinRoom{"", nil}, "room_id"},
		{"leave", LeaveRoom{"r"}, ""},
		{"leave nothing", LeaveRoom{""}, "room_id"},
		{"sync", Sync{"r", 0, 1}, ""},
		{"sync to the limit", Sync{"r", 7, 100}, ""},
		{"sync over the limit", Sync{"r", 7, 101}, "limit"},
		{"sync nothing", Sync{"r", 7, 0}, "limit"},
		{"sync after -1", Sync{"r", -1, 1}, "after_id"},
		{"sync without room", Sync{"", 0, 1}, "room_id"},
		{"newest page", Query{Room: "r", Limit: 1}, ""},
		{"page after", Query{Room: "r", After: ids(0), Limit: 100}, ""},
		{"page before", Query{Room: "r", Before: ids(1), Limit: 100}, ""},
		{"page after -1", Query{Room: "r", After: ids(-1), Limit: 1}, "after"},
		{"page before 0", Query{Room: "r", Before: ids(0), Limit: 1}, "before"},
		{"page after and before", Query{Room: "r", After: ids(1), Before: ids(9), Limit: 1}, "before"},
		{"page of none", Query{Room: "r", Limit: 0}, "limit"},
		{"page of too many", Query{Room: "r", Limit: 101}, "limit"},
		{"page of no room", Query{Limit: 1}, "room_id"},
		{"ping", Ping{}, ""},
		{"ping 10 rooms", Ping{named(10)}, ""},
		{"ping 11 rooms", Ping{named(11)}, "room_ids"},
		{"ping a bad room", Ping{[]RoomID{"a b"}}, "room_ids"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.in.Validate()
			field := ""
			if e, ok := errors.AsType[*Error](err); ok && e.Code == CodeInvalid {
				field = e.Field
			}
			if field != c.field || (err == nil) != (field == "") {
				t.Errorf("got %v, want %s with field %q", err, CodeInvalid, c.field)
			}
		})
	}
}

func TestCodeOf(t *testing.T) {
	cause := errors.New("cause")
	for _, c := range []struct {
		err  error
		want Code
	}{
		{nil, ""},
		{cause, CodeInternal},
		{Failed(CodeConflict, "taken"), CodeConflict},
		{fmt.Errorf("send: %w", &Error{Code: CodeUnavailable, Err: cause}), CodeUnavailable},
		{errors.Join(cause, Failed(CodeForbidden, "no")), CodeForbidden},
	} {
		if got := CodeOf(c.err); got != c.want {
			t.Errorf("CodeOf(%v) = %q, want %q", c.err, got, c.want)
		}
	}
	e := &Error{Code: CodeInvalid, Field: "limit", Message: "must be less", Err: cause}
	if got, want := e.Error(), "invalid limit: must be less: cause"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	if !errors.Is(e, cause) {
		t.Error("the cause is lost")
	}
}

func TestFingerprint(t *testing.T) {
	salt := func(b byte) []byte { return []byte(strings.Repeat(string(b), saltLength)) }
	d := Draft{Kind: KindMessage, Content: "hello"}
	f := fingerprint(d, salt('a'))
	same := d
	same.Room, same.User, same.ClientMessageID = "r", "u", "1" // are in the claim's key already
	if !f.matches(same) {
		t.Error("the same content does not match")
	}
	for _, other := range []Draft{
		{Kind: KindMessage, Content: "hello "},
		{Kind: KindMessage, Content: ""},
		{Kind: "messageh", Content: "ello"},
		{Kind: "edit", Content: "hello"},
	} {
		if f.matches(other) {
			t.Errorf("%v matches", other)
		}
	}
	if g := fingerprint(d, salt('b')); string(g[saltLength:]) == string(f[saltLength:]) {
		t.Error("two salts give the same hash: contents could be guessed by comparing")
	}
	if strings.Contains(string(f), "hello") {
		t.Error("the fingerprint shows the content")
	}
	for _, broken := range []Fingerprint{nil, {}, f[:saltLength], f[:len(f)-1]} {
		if broken.matches(d) {
			t.Errorf("a fingerprint cut to %d bytes matches", len(broken))
		}
	}
}

func TestConnectionTimes(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	c := Connection{ConnectedAt: at}
	if got, want := c.ExpiresAt(), at.Add(2*time.Hour); !got.After(want) {
		t.Errorf("rows go at %v, but the gateway may keep the connection until %v", got, want)
	}
	if got, want := c.ReconnectAt(), at.Add(2*time.Hour); !got.Before(want) {
		t.Errorf("the client is asked to come again at %v, after its end at %v", got, want)
	}
}

func TestEntryTimesAreCutToMillis(t *testing.T) {
	now := time.Date(2026, 11, 23, 13, 0, 0, 123_999_999, time.FixedZone("", 3600))
	want := time.Date(2026, 11, 23, 12, 0, 0, 123_000_000, time.UTC)
	if got := (Draft{}).at(1, now).CreatedAt; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if e := voidAt("r", 4, now); !e.IsVoid() || e.CreatedAt != want || e != (Entry{Room: "r", ID: 4, Kind: KindVoid, CreatedAt: want}) {
		t.Errorf("void is %+v", e)
	}
}
