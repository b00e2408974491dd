package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reaction is what a user reacts to a message with: an emoji, or a short text. It never holds U+FE0F, which asks for an
// emoji's coloured form and says nothing else, so that both forms of an emoji are one reaction.
type Reaction string

const (
	maxReactionCharacters = 32

	emojiForm = "\ufe0f"
	// joiner stands between the parts of an emoji sequence (UTS #51, 1.4).
	joiner = '\u200d'
	// The tags spell out the flag of a part of a country.
	firstTag, lastTag = '\U000e0020', '\U000e007f'
)

// ParseReaction reads a reaction. Its error names the field reaction. The rule: 1–32 characters that can be seen, or that
// belong to an emoji sequence; no white space.
func ParseReaction(value string) (Reaction, error) {
	value = strings.ReplaceAll(value, emojiForm, "")
	refused := func(c rune) bool {
		return unicode.IsSpace(c) || unicode.IsControl(c) || !isVisible(c) && !isOfEmojiSequence(c)
	}
	switch {
	case value == "":
		return "", Invalid("reaction", "is missing")
	case !utf8.ValidString(value):
		return "", Invalid("reaction", "is not valid UTF-8")
	case utf8.RuneCountInString(value) > maxReactionCharacters:
		return "", &Error{Code: CodeTooLarge, Field: "reaction", Message: "reaction must have at most 32 characters"}
	case strings.ContainsFunc(value, refused), !strings.ContainsFunc(value, isVisible):
		return "", Invalid("reaction", "may hold only visible characters")
	}
	return Reaction(value), nil
}

func isOfEmojiSequence(c rune) bool { return c == joiner || c >= firstTag && c <= lastTag }
