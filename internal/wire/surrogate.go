package wire

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf16"

	"serverlesschat/internal/chat"
)

// checkSurrogates refuses a frame that has one half of a surrogate pair somewhere, such as \ud83d by itself. It stands
// for no character, so it could not be stored as it came: encoding/json would put U+FFFD in its place and say nothing.
// what says what body is, which is valid JSON, and fields is what it holds. The error names the field, unless it is the
// field's name that is broken.
func checkSurrogates(what string, body []byte, fields map[string]json.RawMessage) error {
	if !hasLoneSurrogate(body) {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if hasLoneSurrogate(fields[name]) {
			return chat.Invalid(name, "holds half of a surrogate pair, which is no character")
		}
	}
	return chat.Errorf(chat.CodeInvalid, "the %s holds half of a surrogate pair, which is no character", what)
}

// hasLoneSurrogate looks through valid JSON, in which a backslash stands in strings only.
func hasLoneSurrogate(text []byte) bool {
	for {
		at := bytes.IndexByte(text, '\\')
		if at < 0 {
			return false
		}
		text = text[at:]
		first, ok := escapedUnit(text)
		if !ok {
			text = text[min(2, len(text)):] // an escape of two bytes, such as \\ or \n
			continue
		}
		text = text[escapeLength:]
		if !utf16.IsSurrogate(first) {
			continue
		}
		second, ok := escapedUnit(text)
		if !ok || utf16.DecodeRune(first, second) == '\ufffd' {
			return true
		}
		text = text[escapeLength:]
	}
}

const escapeLength = len(`\u0000`)

// escapedUnit reads the UTF-16 code unit of an escape that text begins with.
func escapedUnit(text []byte) (unit rune, ok bool) {
	if len(text) < escapeLength || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:escapeLength]), 16, 16)
	return rune(n), err == nil
}
