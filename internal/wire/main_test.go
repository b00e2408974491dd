package wire_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"serverlesschat/internal/chat"
)

// noon is a time with more digits than are shown, in another zone than is shown.
func noon() time.Time {
	return time.Date(2026, 11, 23, 14, 0, 0, 123_456_789, time.FixedZone("", 2*60*60))
}

const (
	shownMessage = `{"id":42,"room_id":"general","user_id":"alice","kind":"message","content":"hi",
		"created_at":"2026-11-23T12:00:00.123Z","client_message_id":"6f1c"}`
	shownVoid = `{"id":43,"room_id":"general","kind":"void","created_at":"2026-11-23T12:00:00.123Z"}`
)

func message() chat.Entry {
	return chat.Entry{
		Room: "general", ID: 42, Kind: chat.KindMessage, User: "alice", ClientMessageID: "6f1c", Content: "hi",
		CreatedAt: noon(),
	}
}

func void() chat.Entry {
	return chat.Entry{Room: "general", ID: 43, Kind: chat.KindVoid, CreatedAt: noon()}
}

// memberEntries tell what happened to a member: one with a role, and one without.
func memberEntries() []chat.Entry {
	role := chat.Entry{
		Room: "general", ID: 44, Kind: chat.KindMember, User: "alice", ClientMessageID: chat.MemberEntryID("bob", 7),
		Subject: "bob", Change: chat.MemberRole, Role: chat.RoleModerator, CreatedAt: noon(),
	}
	left := role
	left.ID, left.User, left.ClientMessageID = 45, "bob", chat.MemberEntryID("bob", 8)
	left.Change, left.Role = chat.MemberLeft, ""
	return []chat.Entry{role, left}
}

// expectJSON compares as JSON: the same members with the same values, in any order.
func expectJSON(t *testing.T, got []byte, want string) {
	t.Helper()
	if !reflect.DeepEqual(decode(t, got), decode(t, []byte(want))) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func decode(t testing.TB, data []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return value
}
