package chat

import (
	"errors"
	"strings"
	"testing"
)

func TestParseReaction(t *testing.T) {
	for _, c := range []struct {
		value string
		want  Reaction
		code  Code
	}{
		{"👍", "👍", ""},
		{"👍🏽", "👍🏽", ""},
		{"❤\ufe0f", "❤", ""},
		{"❤", "❤", ""},
		{"👩\u200d👩\u200d👧\u200d👦", "👩\u200d👩\u200d👧\u200d👦", ""},
		{"🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", ""},
		{"🇨🇭", "🇨🇭", ""},
		{"1\ufe0f\u20e3", "1\u20e3", ""},
		{"lol", "lol", ""},
		{"__proto__", "__proto__", ""},
		{strings.Repeat("é", 32), Reaction(strings.Repeat("é", 32)), ""},
		{"", "", CodeInvalid},
		{"\ufe0f", "", CodeInvalid},
		{"\u200d", "", CodeInvalid},
		{"a b", "", CodeInvalid},
		{" ", "", CodeInvalid},
		{"a\u00a0b", "", CodeInvalid},
		{"a\n", "", CodeInvalid},
		{"a\x00", "", CodeInvalid},
		{"a\u202eb", "", CodeInvalid},
		{"\u2800", "", CodeInvalid},
		{"\xff", "", CodeInvalid},
		{strings.Repeat("a", 33), "", CodeTooLarge},
	} {
		got, err := ParseReaction(c.value)
		if got != c.want || CodeOf(err) != c.code {
			t.Errorf("%q: got %q, %v, want %q, %q", c.value, got, err, c.want, c.code)
		}
		if e, ok := errors.AsType[*Error](err); err != nil && (!ok || e.Field != "reaction") {
			t.Errorf("%q: the error %v does not name the field", c.value, err)
		}
	}
}
