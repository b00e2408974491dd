package template

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// piece is a part of an Fn::Sub text: literal, or the name of what stands in its place.
type piece struct {
	literal string
	name    string
}

var subName = regexp.MustCompile(`^[a-zA-Z0-9_.:]+$`)

// subPieces cuts the text of an Fn::Sub. "${!x}" stands for the literal "${x}".
func subPieces(s string) ([]piece, error) {
	var pieces []piece
	for {
		before, rest, more := strings.Cut(s, "${")
		if before != "" {
			pieces = append(pieces, piece{literal: before})
		}
		if !more {
			return pieces, nil
		}
		inside, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, fmt.Errorf("a ${ is not closed")
		}
		switch literal, escaped := strings.CutPrefix(inside, "!"); {
		case escaped:
			pieces = append(pieces, piece{literal: "${" + literal + "}"})
		case subName.MatchString(inside):
			pieces = append(pieces, piece{name: inside})
		default:
			return nil, fmt.Errorf("${%s} is no name", inside)
		}
		s = after
	}
}

func (e evaluator) sub(c call) *value {
	template, variables := c.arg, (*yaml.Node)(nil)
	if c.arg.Kind == yaml.SequenceNode && len(c.arg.Content) == 2 {
		template, variables = c.arg.Content[0], c.arg.Content[1]
	}
	if !e.plain(template, yaml.ScalarNode) || variables != nil && !e.plain(variables, yaml.MappingNode) {
		e.report(c.node, "%s takes a text, or a text and a mapping", c.spelling)
		return &value{node: c.node}
	}
	pieces, err := subPieces(template.Value)
	if err != nil {
		e.report(c.node, "%s: %v", c.spelling, err)
		return &value{node: c.node}
	}
	local, ok := e.subVariables(variables)
	var b strings.Builder
	for _, p := range pieces {
		s, isText := e.subPiece(c.node, p, local)
		b.WriteString(s)
		ok = ok && isText
	}
	if !ok {
		return &value{node: c.node}
	}
	return &value{node: c.node, kind: text, text: b.String()}
}

func (e evaluator) subVariables(variables *yaml.Node) (map[string]string, bool) {
	local, ok := map[string]string{}, true
	for key, n := range pairs(variables) {
		s, isText := e.plainText(n)
		local[key.Value] = s
		ok = ok && isText
	}
	return local, ok
}

func (e evaluator) subPiece(n *yaml.Node, p piece, local map[string]string) (string, bool) {
	if p.name == "" {
		return p.literal, true
	}
	if s, is := local[p.name]; is {
		return s, true
	}
	name, attribute, _ := strings.Cut(p.name, ".")
	v := e.valueOf(n, name, attribute)
	return v.text, v.kind == text
}
