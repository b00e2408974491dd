package template

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

type kind int

const (
	broken kind = iota // a problem has been reported; readers take it as given and say nothing more
	text
	list
	object
)

// value is a part of the template without intrinsic functions. A nil *value is a property that is not there.
type value struct {
	node   *yaml.Node // where it is written
	kind   kind
	text   string
	list   []*value
	fields []field
}

type field struct {
	name  string
	key   *yaml.Node
	value *value
}

// scalarText returns what CloudFormation makes of a scalar: text, with booleans in lower case.
func scalarText(n *yaml.Node) string {
	if n.ShortTag() == "!!bool" {
		return strings.ToLower(n.Value)
	}
	return n.Value
}

// get returns a property of an object. What is not an object is reported once, and has broken properties.
func (l *loader) get(v *value, name string) *value {
	if v == nil {
		return nil
	}
	for _, f := range l.fields(v) {
		if f.name == name {
			return f.value
		}
	}
	if v.kind != object {
		return &value{node: v.node}
	}
	return nil
}

// required is get for what must be there.
func (l *loader) required(v *value, name string) *value {
	inner := l.get(v, name)
	if inner == nil && v != nil {
		l.report(v.node, "%s is missing", name)
		return &value{node: v.node}
	}
	return inner
}

func (l *loader) fields(v *value) []field {
	if v == nil || v.kind == broken {
		return nil
	}
	if v.kind != object {
		l.report(v.node, "must be a mapping")
	}
	return v.fields
}

func (l *loader) items(v *value) []*value {
	if v == nil || v.kind == broken {
		return nil
	}
	if v.kind != list {
		l.report(v.node, "must be a list")
	}
	return v.list
}

// text reads text, or returns the default.
func (l *loader) text(v *value, fallback string) string {
	if v == nil || v.kind == broken {
		return fallback
	}
	if v.kind != text {
		l.report(v.node, "must be text")
		return fallback
	}
	return v.text
}

// word reads one of the words that the local stack knows.
func (l *loader) word(v *value, fallback string, known ...string) string {
	s := l.text(v, fallback)
	if v != nil && v.kind == text && !slices.Contains(known, s) {
		l.report(v.node, "%q is not emulated, only %s", s, strings.Join(known, ", "))
		return fallback
	}
	return s
}

// whole reads a whole number within limits.
func (l *loader) whole(v *value, fallback, minimum, maximum int) int {
	s := l.text(v, "")
	if v == nil || v.kind != text {
		return fallback
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < minimum || n > maximum {
		l.report(v.node, "%q is not a whole number from %d to %d", s, minimum, maximum)
		return fallback
	}
	return n
}

// flag reads true or false.
func (l *loader) flag(v *value, fallback bool) bool {
	switch s := l.text(v, strconv.FormatBool(fallback)); s {
	case "true":
		return true
	case "false":
		return false
	default:
		l.report(v.node, "%q is neither true nor false", s)
		return fallback
	}
}
