package metrics

import (
	"bytes"
	"encoding/json"
	"iter"
	"unicode/utf8"
)

// The functions here walk over JSON that is known to be valid, without making values of it. encoding/json takes ten
// times as long to say where in a line four numbers stand, and there is such a line for each invocation.

// member is a member of an object: its name and the text of its value.
type member struct {
	name  string
	value []byte
}

type members []member

// get returns the text of the last member of that name, as encoding/json would.
func (m members) get(name string) ([]byte, bool) {
	for i := len(m) - 1; i >= 0; i-- {
		if m[i].name == name {
			return m[i].value, true
		}
	}
	return nil, false
}

// membersOf returns the members of an object; nothing is outside its braces but white space.
func membersOf(object []byte) members {
	all := make(members, 0, 16)
	var name []byte
	for text := range itemsOf(object) {
		if name == nil {
			name = text
			continue
		}
		all = append(all, member{unquote(name), text})
		name = nil
	}
	return all
}

// itemsOf returns the text of each value inside an array, or of each name and value, in turn, inside an object.
func itemsOf(container []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		container = bytes.Trim(container, " \t\r\n")
		rest := container[1 : len(container)-1]
		for {
			rest = bytes.TrimLeft(rest, " \t\r\n,:")
			if len(rest) == 0 {
				return
			}
			end := endOf(rest)
			if !yield(rest[:end]) {
				return
			}
			rest = rest[end:]
		}
	}
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
	if end := bytes.IndexAny(text, " \t\r\n,:]}"); end >= 0 {
		return end
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

// unquote returns what a string's text stands for.
func unquote(text []byte) string {
	if bytes.IndexByte(text, '\\') < 0 && utf8.Valid(text) {
		return string(text[1 : len(text)-1])
	}
	var s string
	_ = json.Unmarshal(text, &s) // it is valid
	return s
}
