package chat

import (
	"strings"
	"testing"
	"time"
)

func TestMemberEntry(t *testing.T) {
	e := NewEntry{
		Room: "r", Kind: KindMember, User: "ann", ClientMessageID: MemberEntryID("bob", 7),
		Subject: "bob", Change: MemberRole, Role: RoleModerator,
	}
	if got := e.ClaimOwner(); got != "bob" {
		t.Errorf("the claim lies under %s, want the subject", got)
	}
	if got := (NewEntry{Kind: KindMessage, User: "ann", Subject: "bob"}).ClaimOwner(); got != "ann" {
		t.Errorf("the claim of a message lies under %s, want its author", got)
	}
	got := e.At(3, time.Unix(1, 0))
	if got.Subject != "bob" || got.Change != MemberRole || got.Role != RoleModerator || got.User != "ann" || got.IsChange() {
		t.Errorf("the entry is %+v", got)
	}
}

func TestMemberEntryIDs(t *testing.T) {
	if got := MemberEntryID("a.1", 12); got != "!a.1.12" {
		t.Errorf("got %q", got)
	}
	if MemberEntryID("a", 11) == MemberEntryID("a.1", 1) {
		t.Error("two changes have one name")
	}
	longest := MemberEntryID(UserID(strings.Repeat("x", maxNameLength)), 1<<63-1)
	if len(longest) != 85 { // as docs/schemas/values.yaml says
		t.Errorf("the longest has %d characters", len(longest))
	}
	wantField(t, MemberEntryID("bob", 1).Validate(), CodeInvalid, "client_message_id")
}
