package apidoc

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Shape is what a schema says of a value, as far as people need it. Validators read the schema itself.
type Shape struct {
	URL         string // where the schema stands: FILE#POINTER
	Name        string // of a schema that both documents use; else empty
	Type        string // of JSON; empty for one of several
	Const       string // the one value that it may be, as JSON; else empty
	Description string
	Limits      []string // each a few words; code is between backquotes
	Patterns    []string // as Limits
	Fields      []Field  // of an object
	OneOf       []Shape
	Items       *Shape // of a list, or of an object whose names are open
}

// Field is a member of an object.
type Field struct {
	Name     string
	Required bool
	Shape
}

// shapeOf reads a schema. Of several that must all hold it takes what each adds; the first description wins.
func shapeOf(written node) Shape { return shapeAt(written, 0) }

// deepest is how far shapes are read inside each other: one that has itself inside ends there.
const deepest = 8

func shapeAt(written node, depth int) Shape {
	n := written.follow()
	if depth > deepest {
		return Shape{URL: n.url()}
	}
	s := Shape{
		URL: written.url(), Type: n.get("type").text(), Description: n.get("description").text(),
		Limits: limitsOf(n), Patterns: patternsOf(n),
	}
	if path.Dir(n.file) == schemas && strings.Count(n.at, "/") == 1 {
		s.Name = strings.TrimPrefix(n.at, "/")
	}
	if c := n.get("const"); c.exists() {
		s.Const = c.json("")
	}
	required := textsOf(n.get("required"))
	for _, p := range n.get("properties").pairs() {
		f := Field{p.name, slices.Contains(required, p.name), shapeAt(p.value, depth+1)}
		s.Fields = append(s.Fields, f)
	}
	for _, part := range n.get("allOf").items() {
		s.add(shapeAt(part, depth+1))
	}
	for _, choice := range n.get("oneOf").items() {
		s.OneOf = append(s.OneOf, shapeAt(choice, depth+1))
	}
	for _, name := range []string{"items", "additionalProperties"} {
		if items := n.raw(name); len(items.pairs()) > 0 {
			shape := shapeAt(items, depth+1)
			s.Items = &shape
		}
	}
	return s
}

func fieldOf(name string, schema node) Field { return Field{Name: name, Shape: shapeOf(schema)} }

// add takes what a part of a schema says.
func (s *Shape) add(part Shape) {
	s.Fields = append(s.Fields, part.Fields...)
	s.Limits = append(s.Limits, part.Limits...)
	s.Patterns = append(s.Patterns, part.Patterns...)
	s.OneOf = append(s.OneOf, part.OneOf...)
	if s.Type == "" {
		s.Type = part.Type
	}
	if s.Description == "" {
		s.Description = part.Description
	}
	if s.Name == "" && len(s.Fields) == 0 {
		s.Name = part.Name
	}
	if s.Items == nil {
		s.Items = part.Items
	}
}

// limitsOf says in words which values a schema takes.
func limitsOf(n node) (limits []string) {
	say := func(format string, args ...any) { limits = append(limits, fmt.Sprintf(format, args...)) }
	if c := n.get("const"); c.exists() {
		say("always `%s`", c.json(""))
	}
	if values := textsOf(n.get("enum")); len(values) > 0 {
		say("one of %s", inCode(values))
	}
	for _, unit := range []struct{ minimum, maximum, name string }{
		{"minLength", "maxLength", " characters"}, {"minimum", "maximum", ""}, {"minItems", "maxItems", " items"},
		{"minProperties", "maxProperties", " members"},
	} {
		if words := span(n.get(unit.minimum).text(), n.get(unit.maximum).text()); words != "" {
			say("%s%s", words, unit.name)
		}
	}
	for _, not := range append(n.get("not", "anyOf").items(), n.get("not")) {
		if values := textsOf(not.get("enum")); len(values) > 0 {
			say("not %s", inCode(values))
		}
	}
	if without := n.get("default"); without.exists() {
		say("%s when left out", without.json(""))
	}
	return limits
}

func patternsOf(n node) (patterns []string) {
	if pattern := n.get("pattern").text(); pattern != "" {
		patterns = append(patterns, "matches `"+pattern+"`")
	}
	for _, not := range append(n.get("not", "anyOf").items(), n.get("not")) {
		if pattern := not.get("pattern").text(); pattern != "" {
			patterns = append(patterns, "does not match `"+pattern+"`")
		}
	}
	return patterns
}

func inCode(values []string) string { return "`" + strings.Join(values, "`, `") + "`" }

// span says a range in words. The highest 64-bit number is no limit that anybody meets.
func span(minimum, maximum string) string {
	const highest = "9223372036854775807"
	switch {
	case minimum == "" && maximum == "":
		return ""
	case maximum == "" || maximum == highest:
		return minimum + " or more"
	case minimum == "" || minimum == "0":
		return "up to " + maximum
	case minimum == maximum:
		return minimum
	}
	return minimum + "–" + maximum
}

func textsOf(n node) (texts []string) {
	for _, item := range n.items() {
		texts = append(texts, item.text())
	}
	return texts
}
