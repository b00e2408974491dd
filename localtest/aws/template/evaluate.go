package template

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// evaluator resolves the intrinsic functions of one place in the template.
type evaluator struct {
	*loader
	owner string // the resource whose references are followed for circles; "" for none
	dead  bool   // in a branch not taken, or a resource whose condition is false: it may name what is not there
	// parametersOnly is the place, for messages, if no resource can be named there: they are settled later.
	parametersOnly string
}

const inConditions = "Conditions"

// evaluate returns nil for AWS::NoValue, which removes the property or the item.
func (e evaluator) evaluate(n *yaml.Node) *value {
	if c, is := e.intrinsic(n, e.parametersOnly == inConditions); is {
		return e.call(c)
	}
	v := &value{node: n}
	switch n.Kind {
	case yaml.ScalarNode:
		if n.ShortTag() != "!!null" {
			v.kind, v.text = text, scalarText(n)
		}
	case yaml.SequenceNode:
		v.kind = list
		for _, item := range n.Content {
			if inner := e.evaluate(item); inner != nil {
				v.list = append(v.list, inner)
			}
		}
	case yaml.MappingNode:
		v.kind = object
		for key, inner := range pairs(n) {
			if strings.HasPrefix(key.Value, "Fn::") {
				e.report(key, "%s must be the only key of its mapping", key.Value)
				return &value{node: n}
			}
			v.addField(key, e.evaluate(inner))
		}
	}
	return v
}

func (v *value) addField(key *yaml.Node, inner *value) {
	if inner != nil {
		v.fields = append(v.fields, field{name: key.Value, key: key, value: inner})
	}
}

func (e evaluator) call(c call) *value {
	switch c.name {
	case "Ref":
		return e.ref(c)
	case "GetAtt":
		return e.getAtt(c)
	case "Sub":
		return e.sub(c)
	case "If":
		return e.choose(c)
	case "Equals", "Not", "And", "Or", "Condition":
		e.report(c.node, "%s has its place in Conditions, and an Fn::If for its result", c.spelling)
	default:
		e.report(c.node, "the intrinsic function %s is not emulated", c.spelling)
	}
	return &value{node: c.node}
}

// choose evaluates both branches of an Fn::If, so that mistakes in either are found, and returns the one that holds.
func (e evaluator) choose(c call) *value {
	if e.parametersOnly == inConditions {
		e.report(c.node, "%s has no place in Conditions", c.spelling)
		return &value{node: c.node}
	}
	if c.arg.Kind != yaml.SequenceNode || len(c.arg.Content) != 3 {
		e.report(c.node, "%s takes a condition and two values", c.spelling)
		return &value{node: c.node}
	}
	holds := e.holds(c.arg.Content[0])
	taken, other := e, e
	taken.dead, other.dead = e.dead || !holds, e.dead || holds
	yes, no := taken.evaluate(c.arg.Content[1]), other.evaluate(c.arg.Content[2])
	if holds {
		return yes
	}
	return no
}

func (e evaluator) ref(c call) *value {
	if c.arg.Kind != yaml.ScalarNode {
		e.report(c.node, "%s takes a name", c.spelling)
		return &value{node: c.node}
	}
	if c.arg.Value == "AWS::NoValue" {
		return nil
	}
	return e.valueOf(c.node, c.arg.Value, "")
}

func (e evaluator) getAtt(c call) *value {
	var name, attribute string
	switch {
	case c.arg.Kind == yaml.ScalarNode:
		name, attribute, _ = strings.Cut(c.arg.Value, ".")
	case c.arg.Kind == yaml.SequenceNode && len(c.arg.Content) == 2 && e.plain(c.arg.Content[0], yaml.ScalarNode) &&
		e.plain(c.arg.Content[1], yaml.ScalarNode):
		name, attribute = c.arg.Content[0].Value, c.arg.Content[1].Value
	}
	if name == "" || attribute == "" {
		e.report(c.node, "%s takes a logical id and an attribute, both written out", c.spelling)
		return &value{node: c.node}
	}
	return e.valueOf(c.node, name, attribute)
}

// valueOf resolves a name, and an attribute if it is not "", to text; n is where the name is written.
func (e evaluator) valueOf(n *yaml.Node, name, attribute string) *value {
	if attribute == "" {
		if s, is := e.pseudoParameters()[name]; is {
			return &value{node: n, kind: text, text: s}
		}
		if s, is := e.parameters[name]; is {
			return &value{node: n, kind: text, text: s}
		}
	}
	known := e.localValues(name)
	switch _, isParameter := e.parameters[name]; {
	case isParameter:
		e.report(n, "%s is a parameter and has no attributes", name)
		return &value{node: n}
	case e.parametersOnly != "" && lookup(e.section("Resources"), name) != nil:
		e.report(n, "%s can name parameters only, and %s is a resource", e.parametersOnly, name)
		return &value{node: n}
	case known == nil:
		e.report(n, "%s", e.unknown(name))
		return &value{node: n}
	}
	e.refer(name, n)
	s, is := known[attribute]
	if !is && !e.unknownType(name) {
		e.report(n, "%s has no attribute %s here%s", name, attribute, only(known))
	}
	if !is {
		return &value{node: n}
	}
	return &value{node: n, kind: text, text: s}
}

func only(known map[string]string) string {
	var names []string
	for name := range known {
		if name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return ", only " + strings.Join(names, ", ")
}

// plainText evaluates what must become text. The error, if any, has been reported.
func (e evaluator) plainText(n *yaml.Node) (string, bool) {
	v := e.evaluate(n)
	switch {
	case v == nil:
		e.report(n, "AWS::NoValue cannot stand here")
	case v.kind == text:
		return v.text, true
	case v.kind != broken:
		e.report(n, "must be text")
	}
	return "", false
}
