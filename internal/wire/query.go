package wire

import (
	"strconv"

	"serverlesschat/internal/chat"
)

// Parameters are those of a request to the HTTP API, of its path and of its query, by their names. It implements
// [chat.Values].
type Parameters map[string]string

// Text implements [chat.Values].
func (p Parameters) Text(name string) (string, bool, error) {
	value, ok := p[name]
	return value, ok, nil
}

// Texts implements [chat.Values]: a parameter is one string.
func (p Parameters) Texts(name string) ([]string, bool, error) {
	value, ok := p[name]
	if !ok {
		return nil, false, nil
	}
	return []string{value}, true, nil
}

// Flag implements [chat.Values].
func (p Parameters) Flag(name string) (value, ok bool, err error) {
	text, ok := p[name]
	if ok && text != "true" && text != "false" {
		return false, false, chat.Invalid(name, "must be true or false")
	}
	return text == "true", ok, nil
}

// Integer implements [chat.Values].
func (p Parameters) Integer(name string) (int64, bool, error) {
	text, ok := p[name]
	if !ok {
		return 0, false, nil
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, false, chat.Invalid(name, "must be an integer")
	}
	return value, true, nil
}
