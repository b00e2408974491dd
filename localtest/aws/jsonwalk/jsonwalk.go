// Package jsonwalk finds values in JSON that is known to be valid, without making any of them. Each message and each
// line of a function is looked into for one or a few members, and encoding/json takes ten times as long to say where
// they stand.
//
// Names are compared exactly, as API Gateway and CloudWatch compare them; of several members with one name the last
// counts. Text that is not valid JSON makes the functions panic: ask json.Valid before.
package jsonwalk

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"unicode/utf8"
)

const space = " \t\r\n"

// Member returns the text of a member of an object. It reports false if doc is no object or has no such member.
// It allocates nothing, unless a name is written with escapes.
func Member(doc []byte, name string) (value []byte, ok bool) {
	if doc = bytes.Trim(doc, space); doc[0] != '{' {
		return nil, false
	}
	key, rest := next(inside(doc))
	for key != nil {
		var text []byte
		text, rest = next(rest)
		if is, err := Unquote(key); err == nil && string(is) == name {
			value, ok = text, true
		}
		key, rest = next(rest)
	}
	return value, ok
}

// Members are the members of one object, for a caller that looks for several of them.
type Members []member

type member struct{ name, value []byte }

// MembersOf returns the members of an object.
func MembersOf(object []byte) Members {
	all := make(Members, 0, 16)
	key, rest := next(inside(object))
	for key != nil {
		var text []byte
		text, rest = next(rest)
		if name, err := Unquote(key); err == nil {
			all = append(all, member{name, text})
		}
		key, rest = next(rest)
	}
	return all
}

// Get returns the text of a member. It reports false if there is none of that name.
func (m Members) Get(name string) (value []byte, ok bool) {
	for i := len(m) - 1; i >= 0; i-- {
		if string(m[i].name) == name {
			return m[i].value, true
		}
	}
	return nil, false
}

// Items returns the text of each value in an array.
func Items(array []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for item, rest := next(inside(array)); item != nil; item, rest = next(rest) {
			if !yield(item) {
				return
			}
		}
	}
}

// Unquote returns what the text of a string stands for, with U+FFFD for what is not UTF-8. The result may be part of
// the text. The text of another value, or none, is an error.
func Unquote(text []byte) ([]byte, error) {
	if len(text) == 0 || text[0] != '"' {
		return nil, errors.New("not a string")
	}
	if bytes.IndexByte(text, '\\') < 0 && utf8.Valid(text) {
		return text[1 : len(text)-1], nil
	}
	var s string
	err := json.Unmarshal(text, &s)
	return []byte(s), err
}

// inside returns what stands between the brackets of an array or an object.
func inside(container []byte) []byte {
	container = bytes.Trim(container, space)
	return container[1 : len(container)-1]
}

// next returns the text of the first value in what is inside a container, and what comes after it; nil after the last.
// Names of an object come in turn with their values.
func next(inside []byte) (text, rest []byte) {
	for i := range inside {
		if !isBetween(inside[i]) {
			end := i + endOf(inside[i:])
			return inside[i:end], inside[end:]
		}
	}
	return nil, nil
}

// isBetween reports whether a character stands between values.
func isBetween(c byte) bool {
	return c == ',' || c == ':' || c == ' ' || c == '\t' || c == '\r' || c == '\n'
}

// endOf returns the length of the value that text begins with.
func endOf(text []byte) int {
	switch text[0] {
	case '"':
		return endOfString(text)
	case '{', '[':
		depth := 0
		for i := 0; ; i++ {
			switch text[i] {
			case '"':
				i += endOfString(text[i:]) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	for i, c := range text { // a number, true, false or null
		if isBetween(c) {
			return i
		}
	}
	return len(text)
}

func endOfString(text []byte) int {
	for i := 1; ; i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}
