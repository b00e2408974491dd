package wire

import (
	"net/url"
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

// Query is the query of a request to the HTTP API whose parameters may be given more than once. It implements
// [chat.Values].
type Query url.Values

// ParseQuery reads a query as it was sent. Its error is CodeInvalid.
func ParseQuery(raw string) (Query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, chat.Errorf(chat.CodeInvalid, "the query cannot be read")
	}
	return Query(values), nil
}

// Text implements [chat.Values].
func (q Query) Text(name string) (string, bool, error) {
	values, ok := q[name]
	if !ok {
		return "", false, nil
	}
	if len(values) > 1 {
		return "", false, chat.Invalid(name, "may be given once")
	}
	return values[0], true, nil
}

// Texts implements [chat.Values].
func (q Query) Texts(name string) ([]string, bool, error) {
	values, ok := q[name]
	return values, ok, nil
}

// Integer implements [chat.Values].
func (q Query) Integer(name string) (int64, bool, error) {
	text, ok, err := q.Text(name)
	if err != nil || !ok {
		return 0, false, err
	}
	return Parameters{name: text}.Integer(name)
}

// Flag implements [chat.Values].
func (q Query) Flag(name string) (bool, bool, error) {
	text, ok, err := q.Text(name)
	if err != nil || !ok {
		return false, false, err
	}
	return Parameters{name: text}.Flag(name)
}

// Objects implements [chat.Values]: no parameter is an object.
func (p Parameters) Objects(string) ([]chat.Values, bool, error) { return nil, false, nil }

// Objects implements [chat.Values].
func (q Query) Objects(string) ([]chat.Values, bool, error) { return nil, false, nil }
