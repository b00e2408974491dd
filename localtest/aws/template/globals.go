package template

import "go.yaml.in/yaml/v3"

// globals returns the properties that every function starts from, nil if there are none.
func (l *loader) globals() *yaml.Node {
	n := lookup(l.section("Globals"), "Function")
	for key := range pairs(n) {
		switch key.Value {
		case "Events", "Role", "Policies", "FunctionName":
			// AWS: SAM specification, Globals section, supported resources and properties.
			l.report(key, "SAM takes this in a function only, not in Globals")
		}
	}
	return n
}

// merge returns the properties of a function with those of Globals beneath. Mappings are merged key by key, lists are
// joined, of anything else the function's own counts. An intrinsic function is never looked into. The one list that is
// replaced is Architectures. AWS: SAM specification, Globals section; aws/serverless-application-model, globals.py.
func (l *loader) merge(global, own *yaml.Node) *yaml.Node {
	switch {
	case global == nil:
		return own
	case own == nil:
		return global
	case l.plain(global, yaml.MappingNode) && l.plain(own, yaml.MappingNode):
		return l.mergeMappings(global, own)
	case l.plain(global, yaml.SequenceNode) && l.plain(own, yaml.SequenceNode):
		joined := *own
		joined.Content = append(append([]*yaml.Node{}, global.Content...), own.Content...)
		l.paths[&joined] = l.paths[own]
		return &joined
	default:
		return own
	}
}

func (l *loader) mergeMappings(global, own *yaml.Node) *yaml.Node {
	merged := *own
	merged.Content = nil
	for key, n := range pairs(own) {
		if under := lookup(global, key.Value); under != nil && key.Value != "Architectures" {
			n = l.merge(under, n)
		}
		merged.Content = append(merged.Content, key, n)
	}
	for key, n := range pairs(global) {
		if lookup(own, key.Value) == nil {
			merged.Content = append(merged.Content, key, n)
		}
	}
	l.paths[&merged] = l.paths[own]
	return &merged
}
