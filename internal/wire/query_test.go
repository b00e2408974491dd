package wire_test

import (
	"errors"
	"maps"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/wire"
)

func id(n chat.EntryID) *chat.EntryID { return &n }

func equal(a, b *chat.EntryID) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

// readHistory reads the parameters of a request for history, that of the path too.
func readHistory(room string, parameters map[string]string) (roomlog.Query, error) {
	all := wire.Parameters{"room_id": room}
	maps.Copy(all, parameters)
	f := chat.NewFields(all)
	q := messages.ReadHistory(f)
	return q, f.Err()
}

func TestHistoryQuery(t *testing.T) {
	for name, c := range map[string]struct {
		parameters map[string]string
		want       roomlog.Query
	}{
		"nothing":     {nil, roomlog.Query{Limit: 50}},
		"after":       {map[string]string{"after": "7"}, roomlog.Query{After: id(7), Limit: 50}},
		"after zero":  {map[string]string{"after": "0", "limit": "100"}, roomlog.Query{After: id(0), Limit: 100}},
		"before":      {map[string]string{"before": "7", "limit": "1"}, roomlog.Query{Before: id(7), Limit: 1}},
		"more beside": {map[string]string{"before": "7", "cursor": "x", "After": "1"}, roomlog.Query{Before: id(7), Limit: 50}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readHistory("general", c.parameters)
			if err != nil {
				t.Fatal(err)
			}
			if got.Room != "general" || !equal(got.After, c.want.After) || !equal(got.Before, c.want.Before) || got.Limit != c.want.Limit {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestBadHistoryQueries(t *testing.T) {
	for name, c := range map[string]struct {
		room       string
		parameters map[string]string
		field      string
	}{
		"wait":                {"general", map[string]string{"wait": "20", "after": "1"}, "wait"},
		"wait zero":           {"general", map[string]string{"wait": "0"}, "wait"},
		"wait empty":          {"general", map[string]string{"wait": ""}, "wait"},
		"both":                {"general", map[string]string{"after": "1", "before": "9"}, "before"},
		"after empty":         {"general", map[string]string{"after": ""}, "after"},
		"after a word":        {"general", map[string]string{"after": "first"}, "after"},
		"after negative":      {"general", map[string]string{"after": "-1"}, "after"},
		"after twice":         {"general", map[string]string{"after": "1,2"}, "after"},
		"after a fraction":    {"general", map[string]string{"after": "1.0"}, "after"},
		"after too large":     {"general", map[string]string{"after": "9223372036854775808"}, "after"},
		"before zero":         {"general", map[string]string{"before": "0"}, "before"},
		"before hexadecimal":  {"general", map[string]string{"before": "0x10"}, "before"},
		"limit zero":          {"general", map[string]string{"limit": "0"}, "limit"},
		"limit negative":      {"general", map[string]string{"limit": "-5"}, "limit"},
		"limit above":         {"general", map[string]string{"limit": "101"}, "limit"},
		"limit far above":     {"general", map[string]string{"limit": "4294967297"}, "limit"},
		"no room":             {"", nil, "room_id"},
		"room with a slash":   {"a/b", nil, "room_id"},
		"room a reserved one": {"me", nil, "room_id"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readHistory(c.room, c.parameters)
			expectField(t, err, c.field)
		})
	}
}

func TestWaitIsNotThereYet(t *testing.T) {
	_, err := readHistory("general", map[string]string{"wait": "20"})
	if want := "invalid wait: is not supported yet: ask without it"; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %q", err, want)
	}
}

// expectField checks that err is CodeInvalid and names the field; "" is for none.
func expectField(t *testing.T, err error, field string) {
	t.Helper()
	e, ok := errors.AsType[*chat.Error](err)
	if !ok || e.Code != chat.CodeInvalid || e.Field != field || e.Message == "" {
		t.Errorf("error is %v, want %s of %q", err, chat.CodeInvalid, field)
	}
}
