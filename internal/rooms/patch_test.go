package rooms_test

import (
	"slices"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/rooms"
)

// Other settings are recorded before they are stored, so that no crash leaves them unrecorded; the same ones are not.
func TestOtherSettingsAreRecorded(t *testing.T) {
	for _, c := range []struct {
		name  string // that the room is to have; it is called r
		user  chat.UserID
		calls []string // those that write
		code  chat.Code
	}{
		{"Hall", "ann", []string{"record settings", "change room"}, ""},
		{"r", "ann", nil, ""},
		{"Hall", "bob", nil, chat.CodeForbidden},
	} {
		s := hall()
		_, err := fake.NewChanger(s).Patch(t.Context(), c.user, rooms.PatchRoom{Room: "r", Name: &c.name})
		if chat.CodeOf(err) != c.code {
			t.Errorf("%s renames to %q: %v, want %q", c.user, c.name, err, c.code)
		}
		writes := slices.DeleteFunc(slices.Clone(s.Calls), func(call string) bool {
			return call != "record settings" && call != "change room"
		})
		if !slices.Equal(writes, c.calls) {
			t.Errorf("%s renames to %q: %q, want %q", c.user, c.name, writes, c.calls)
		}
	}
}
