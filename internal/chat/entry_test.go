package chat

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestContent(t *testing.T) {
	for _, good := range []string{
		"x", ".", "\t\r\nx", "👍", "👨\u200d👩", "a\u0301", "\u0301", "\ufffd", "\ue000", "\u00a0x\u200b", "אב\u200f", "⠁",
		strings.Repeat("x", 4000), strings.Repeat("👍", 4000),
	} {
		wantField(t, ValidateContent(good), CodeInvalid, "")
	}
	wantField(t, ValidateContent(""), CodeInvalid, "content")
	wantField(t, ValidateContent("a\xff"), CodeInvalid, "content")
	wantField(t, ValidateContent(strings.Repeat("x", 4001)), CodeTooLarge, "content")
	wantField(t, ValidateContent(strings.Repeat("é", 4001)), CodeTooLarge, "content")
}

func TestContentMustBeSeen(t *testing.T) {
	for name, invisible := range map[string]string{
		"white space":                " \t\r\n\u00a0\u1680\u2003\u2028\u2029\u3000",
		"format characters":          "\u00ad\u061c\u200b\u200d\u202e\u2060\ufeff\u0600\U000e0061",
		"variation selectors":        "\u180b\ufe0f\U000e0100",
		"fillers":                    "\u034f\u115f\u1160\u17b4\u3164\uffa0",
		"default-ignorable reserves": "\u2065\ufff0\U000e0000\U000e0fff",
		"blank of Braille":           "\u2800",
	} {
		for _, c := range invisible {
			t.Run(fmt.Sprintf("%s/%U", name, c), func(t *testing.T) {
				wantField(t, ValidateContent(string(c)), CodeInvalid, "content")
				wantField(t, ValidateContent(invisible), CodeInvalid, "content")
				wantField(t, ValidateContent(string(c)+"x"), CodeInvalid, "")
			})
		}
	}
}

func TestContentWithControlCharacters(t *testing.T) {
	for c := rune(0); c <= 0x9f; c++ {
		field := ""
		if unicode.IsControl(c) && !strings.ContainsRune("\t\n\r", c) {
			field = "content"
		}
		wantField(t, ValidateContent("x"+string(c)), CodeInvalid, field)
	}
}

// What is taken has a character that shows, and no other control characters; nothing else decides.
func FuzzContent(f *testing.F) {
	for _, seed := range []string{"hi", "", " ", "\x00", "\u200d", "\u2800", "\xff", "\u2065x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		err := ValidateContent(content)
		if err != nil && CodeOf(err) != CodeInvalid && CodeOf(err) != CodeTooLarge {
			t.Errorf("%q: %v", content, err)
		}
		graphic := strings.ContainsFunc(content, func(c rune) bool {
			return unicode.In(c, unicode.L, unicode.N, unicode.P, unicode.S) && c != '\u2800' &&
				!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, c)
		})
		control := strings.ContainsFunc(content, func(c rune) bool { return c < ' ' && c != '\t' && c != '\n' && c != '\r' })
		short := utf8.RuneCountInString(content) <= 4000
		switch {
		case err != nil && graphic && short && utf8.ValidString(content) && !strings.ContainsFunc(content, unicode.IsControl):
			t.Errorf("%q is refused: %v", content, err)
		case err == nil && (control || strings.TrimSpace(content) == "" || !short):
			t.Errorf("%q is taken", content)
		}
	})
}

func TestEntryTimesAreCutToMillis(t *testing.T) {
	now := time.Date(2026, 11, 23, 13, 0, 0, 123_999_999, time.FixedZone("", 3600))
	want := time.Date(2026, 11, 23, 12, 0, 0, 123_000_000, time.UTC)
	if got := (NewEntry{}).At(1, now).CreatedAt; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if e := VoidAt("r", 4, now, 0); !e.IsVoid() || e.CreatedAt != want || !e.Equal(Entry{Room: "r", ID: 4, Kind: KindVoid, CreatedAt: want}) {
		t.Errorf("void is %+v", e)
	}
}
