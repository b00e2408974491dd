package roomlog_test

import (
	"strings"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

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
