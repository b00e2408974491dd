package chat

import (
	"strings"
	"testing"
	"time"
)

func TestContent(t *testing.T) {
	for _, good := range []string{"x", " ", "\x00", strings.Repeat("x", 4000), strings.Repeat("👍", 4000)} {
		wantField(t, ValidateContent(good), CodeInvalid, "")
	}
	wantField(t, ValidateContent(""), CodeInvalid, "content")
	wantField(t, ValidateContent("a\xff"), CodeInvalid, "content")
	wantField(t, ValidateContent(strings.Repeat("x", 4001)), CodeTooLarge, "content")
	wantField(t, ValidateContent(strings.Repeat("é", 4001)), CodeTooLarge, "content")
}

func TestEntryTimesAreCutToMillis(t *testing.T) {
	now := time.Date(2026, 11, 23, 13, 0, 0, 123_999_999, time.FixedZone("", 3600))
	want := time.Date(2026, 11, 23, 12, 0, 0, 123_000_000, time.UTC)
	if got := (NewEntry{}).At(1, now).CreatedAt; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if e := VoidAt("r", 4, now); !e.IsVoid() || e.CreatedAt != want || e != (Entry{Room: "r", ID: 4, Kind: KindVoid, CreatedAt: want}) {
		t.Errorf("void is %+v", e)
	}
}
