package roomlog_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// What claims have been made of must never change: an old claim would be a conflict with its own message.
func TestFingerprintsStayAsTheyAre(t *testing.T) {
	e := chat.NewEntry{Kind: chat.KindMessage, Content: "hello"}
	got := hex.EncodeToString(roomlog.NewFingerprint(e, []byte("0123456789abcdef"))[roomlog.SaltLength:])
	if want := "365f7e0e496ec14b974a2312b9360c3507a8fc79f995d29b3aed16a562f2002f"; got != want {
		t.Errorf("the fingerprint is %s, want %s", got, want)
	}
	e.Target = 7
	got = hex.EncodeToString(roomlog.NewFingerprint(e, []byte("0123456789abcdef"))[roomlog.SaltLength:])
	if want := "81880fa763bf5ef412dce52fb64beed300f8c57834553bd5fbf01ad0460f39e8"; got != want {
		t.Errorf("the fingerprint of an entry about entry 7 is %s, want %s", got, want)
	}
}

// TestTheFingerprintOfAMemberEntryIsItsKind: its client_message_id names the change. Whoever finishes it must not be refused.
func TestTheFingerprintOfAMemberEntryIsItsKind(t *testing.T) {
	e := chat.NewEntry{Kind: chat.KindMember, User: "ann", Subject: "bob", Change: chat.MemberMuted, Role: chat.RoleMember}
	f := roomlog.NewFingerprint(e, []byte("0123456789abcdef"))
	if want := "39fe9ed8ce1a2d6c"; !strings.HasPrefix(hex.EncodeToString(f[roomlog.SaltLength:]), want) {
		t.Errorf("the fingerprint is %x, want %s…", f[roomlog.SaltLength:], want)
	}
	if !f.Matches(chat.NewEntry{Kind: chat.KindMember, User: "cid", Subject: "bob", Change: chat.MemberLeft, Content: "x", Target: 1}) {
		t.Error("the same change, finished by another, does not match")
	}
	if f.Matches(chat.NewEntry{Kind: chat.KindMessage}) {
		t.Error("another kind matches")
	}
}

func TestFingerprint(t *testing.T) {
	salt := func(b byte) []byte { return []byte(strings.Repeat(string(b), roomlog.SaltLength)) }
	d := chat.NewEntry{Kind: chat.KindMessage, Content: "hello"}
	f := roomlog.NewFingerprint(d, salt('a'))
	same := d
	same.Room, same.User, same.ClientMessageID = "r", "u", "1" // are in the claim's key already
	if !f.Matches(same) {
		t.Error("the same content does not match")
	}
	for _, other := range []chat.NewEntry{
		{Kind: chat.KindMessage, Content: "hello "},
		{Kind: chat.KindMessage, Content: ""},
		{Kind: "messageh", Content: "ello"},
		{Kind: "edit", Content: "hello"},
	} {
		if f.Matches(other) {
			t.Errorf("%v matches", other)
		}
	}
	about := d
	about.Target = 7
	if f.Matches(about) {
		t.Error("the same content about another entry matches")
	}
	elsewhere := about
	elsewhere.Target = 8
	if g := roomlog.NewFingerprint(about, salt('a')); !g.Matches(about) || g.Matches(elsewhere) || g.Matches(d) {
		t.Error("a fingerprint does not cover the target")
	}
	if g := roomlog.NewFingerprint(d, salt('b')); string(g[roomlog.SaltLength:]) == string(f[roomlog.SaltLength:]) {
		t.Error("two salts give the same hash: contents could be guessed by comparing")
	}
	if strings.Contains(string(f), "hello") {
		t.Error("the fingerprint shows the content")
	}
	for _, broken := range []roomlog.Fingerprint{nil, {}, f[:roomlog.SaltLength], f[:len(f)-1]} {
		if broken.Matches(d) {
			t.Errorf("a fingerprint cut to %d bytes matches", len(broken))
		}
	}
}
