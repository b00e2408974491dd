package template

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// call is an intrinsic function as written.
type call struct {
	name     string // "Sub"
	spelling string // "!Sub" or "Fn::Sub", for messages
	node     *yaml.Node
	arg      *yaml.Node
}

// intrinsic recognises both forms: a tag (!Sub x) and a mapping of one key (Fn::Sub: x). A mapping of the one key
// Condition is an intrinsic function in the section Conditions only. Elsewhere it is a property like any other.
func (d *document) intrinsic(n *yaml.Node, inConditions bool) (call, bool) {
	if tag := n.ShortTag(); n.Kind != yaml.AliasNode && len(tag) > 1 && tag[0] == '!' && tag[1] != '!' {
		arg := *n
		arg.Tag = ""
		if n.Kind == yaml.ScalarNode {
			arg.Tag = "!!str"
		}
		d.paths[&arg] = d.paths[n]
		return call{name: tag[1:], spelling: tag, node: n, arg: &arg}, true
	}
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return call{}, false
	}
	key := n.Content[0].Value
	name, long := strings.CutPrefix(key, "Fn::")
	if long || key == "Ref" || key == "Condition" && inConditions {
		return call{name: name, spelling: key, node: n, arg: n.Content[1]}, true
	}
	return call{}, false
}

// plain says that n is written out: not an intrinsic function.
func (d *document) plain(n *yaml.Node, kind yaml.Kind) bool {
	_, is := d.intrinsic(n, false)
	return !is && n.Kind == kind
}
