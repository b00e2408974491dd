package template

import "go.yaml.in/yaml/v3"

// condition is an entry of the section Conditions, evaluated once.
type condition struct {
	node    *yaml.Node
	begun   bool
	done    bool
	outcome bool
}

func (l *loader) readConditions() {
	l.conditions = map[string]*condition{}
	for key, n := range pairs(l.section("Conditions")) {
		l.conditions[key.Value] = &condition{node: n}
	}
	for key := range pairs(l.section("Conditions")) {
		l.settleCondition(l.conditions[key.Value])
	}
}

func (l *loader) settleCondition(c *condition) bool {
	if !c.done && !c.begun {
		c.begun = true
		c.outcome = evaluator{loader: l, parametersOnly: inConditions}.decide(c.node)
		c.done = true
	} else if !c.done {
		l.report(c.node, "is part of a circle of conditions")
	}
	return c.outcome
}

// holds returns the outcome of the condition that is named at n, and false for one that there is not.
func (l *loader) holds(name *yaml.Node) bool {
	if !l.plain(name, yaml.ScalarNode) {
		l.report(name, "must be the name of a condition")
		return false
	}
	c := l.conditions[name.Value]
	if c == nil {
		l.report(name, "there is no condition %s", name.Value)
		return false
	}
	return l.settleCondition(c)
}

// decide evaluates a condition function.
func (e evaluator) decide(n *yaml.Node) bool {
	c, is := e.intrinsic(n, true)
	if !is {
		e.report(n, "must be a condition function")
		return false
	}
	switch c.name {
	case "Condition":
		return e.holds(c.arg)
	case "Equals":
		return e.equals(c)
	case "Not", "And", "Or":
		return e.combine(c)
	case "Ref", "GetAtt", "Sub", "If":
		e.report(n, "%s is text, and a condition is needed", c.spelling)
	default:
		e.report(n, "the intrinsic function %s is not emulated", c.spelling)
	}
	return false
}

// equals compares as text, case and all. AWS: CloudFormation User Guide, condition functions.
func (e evaluator) equals(c call) bool {
	if c.arg.Kind != yaml.SequenceNode || len(c.arg.Content) != 2 {
		e.report(c.node, "%s takes two values", c.spelling)
		return false
	}
	a, aIsText := e.plainText(c.arg.Content[0])
	b, bIsText := e.plainText(c.arg.Content[1])
	return aIsText && bIsText && a == b
}

// combine evaluates all parts, so that mistakes in any are found. AWS: Fn::Not takes one, Fn::And and Fn::Or 2 to 10.
func (e evaluator) combine(c call) bool {
	minimum, maximum := 2, 10
	if c.name == "Not" {
		minimum, maximum = 1, 1
	}
	if c.arg.Kind != yaml.SequenceNode || len(c.arg.Content) < minimum || len(c.arg.Content) > maximum {
		e.report(c.node, "%s takes %d to %d conditions", c.spelling, minimum, maximum)
		return false
	}
	holding := 0
	for _, part := range c.arg.Content {
		if e.decide(part) {
			holding++
		}
	}
	switch c.name {
	case "Not":
		return holding == 0
	case "And":
		return holding == len(c.arg.Content)
	default:
		return holding > 0
	}
}
