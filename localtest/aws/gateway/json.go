package gateway

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// member returns the raw value of a top-level member of doc, which must be valid JSON. If there are several, it is the
// last one. It reports false if doc is not an object or has no such member. Unlike a struct of encoding/json it
// distinguishes "action" from "Action", as API Gateway does, and it allocates nothing.
func member(doc []byte, name string) (value []byte, ok bool) {
	i := skipSpace(doc, 0)
	if doc[i] != '{' {
		return nil, false
	}
	for i = skipSpace(doc, i+1); doc[i] != '}'; {
		if doc[i] == ',' {
			i = skipSpace(doc, i+1)
		}
		keyEnd := skipValue(doc, i)
		key := doc[i:keyEnd]
		i = skipSpace(doc, skipSpace(doc, keyEnd)+1) // past the colon
		end := skipValue(doc, i)
		if isString(key, name) {
			value, ok = doc[i:end], true
		}
		i = skipSpace(doc, end)
	}
	return value, ok
}

func skipSpace(doc []byte, i int) int {
	for doc[i] == ' ' || doc[i] == '\t' || doc[i] == '\n' || doc[i] == '\r' {
		i++
	}
	return i
}

// skipValue returns the index after the value that starts at i.
func skipValue(doc []byte, i int) int {
	depth := 0
	for ; i < len(doc); i++ {
		switch doc[i] {
		case '"':
			for i++; doc[i] != '"'; i++ {
				if doc[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 { // the end of what the value is in
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

// isString reports whether raw is a JSON string with that value.
func isString(raw []byte, value string) bool {
	text, err := unquote(raw)
	return err == nil && string(text) == value
}

// unquote returns the value of a JSON string. The result may be part of raw.
func unquote(raw []byte) ([]byte, error) {
	if raw[0] != '"' {
		return nil, errors.New("not a string")
	}
	inner := raw[1 : len(raw)-1]
	plain := utf8.Valid(inner)
	for i := 0; plain && i < len(inner); i++ {
		plain = inner[i] != '\\'
	}
	if plain {
		return inner, nil
	}
	var text string
	err := json.Unmarshal(raw, &text)
	return []byte(text), err
}

const hexDigits = "0123456789abcdef"

// appendString appends s, which must be valid UTF-8, as a JSON string.
func appendString[T ~string | ~[]byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		b := s[i]
		if b >= ' ' && b != '"' && b != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
		}
	}
	return append(append(dst, s[start:]...), '"')
}

// valid returns s with U+FFFD for what is not UTF-8.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
