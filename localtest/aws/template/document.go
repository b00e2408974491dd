package template

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

const (
	// maxTemplate is the size of a template body. AWS: 1 MB from S3, CloudFormation User Guide, quotas.
	maxTemplate = 1 << 20
	// maxDepth keeps recursion and paths short. A real template stays under 20.
	maxDepth = 64
)

// document is a parsed template: YAML nodes, and where each of them is.
type document struct {
	root     *yaml.Node // a mapping
	paths    map[*yaml.Node]string
	problems *problemSet
}

// parse returns nil if data is not a YAML mapping. Other mistakes of form are reported, and what follows lives with
// them.
func parse(data []byte, found *problemSet) *document {
	if len(data) > maxTemplate {
		found.add(0, "", fmt.Sprintf("%d bytes are too many for a template: at most %d", len(data), maxTemplate))
		return nil
	}
	var file, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&file); errors.Is(err, io.EOF) {
		found.add(0, "", "the template is empty")
		return nil
	} else if err != nil {
		addSyntaxError(found, err)
		return nil
	}
	if err := decoder.Decode(&second); err == nil {
		found.add(second.Line, "", "a template is one YAML document, this is a second one")
	} else if !errors.Is(err, io.EOF) {
		addSyntaxError(found, err)
		return nil
	}
	root := file.Content[0]
	if root.Kind != yaml.MappingNode {
		found.add(root.Line, "", "a template is a mapping")
		return nil
	}
	d := &document{root: root, paths: map[*yaml.Node]string{}, problems: found}
	d.index(root, "", 0)
	return d
}

var syntaxError = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)

func addSyntaxError(found *problemSet, err error) {
	line, text := 0, err.Error()
	if m := syntaxError.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = m[2]
	}
	found.add(line, "", "not YAML: "+text)
}

// index notes the path of every node and reports what CloudFormation takes in no template, or reads in its own way.
func (d *document) index(n *yaml.Node, path string, depth int) {
	d.paths[n] = path
	if depth > maxDepth {
		d.report(n, "nested more than %d deep", maxDepth)
		n.Kind, n.Tag, n.Value, n.Content = yaml.ScalarNode, "!!str", "", nil
		return
	}
	switch n.Kind {
	case yaml.AliasNode:
		d.report(n, "YAML aliases are not supported by CloudFormation")
	case yaml.ScalarNode:
		d.checkTag(n)
	case yaml.SequenceNode:
		d.checkTag(n)
		for i, item := range n.Content {
			d.index(item, path+"["+strconv.Itoa(i)+"]", depth+1)
		}
	case yaml.MappingNode:
		d.checkTag(n)
		d.indexMapping(n, path, depth)
	}
}

func (d *document) indexMapping(n *yaml.Node, path string, depth int) {
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			d.paths[key] = path
			d.report(key, "a key must be a name; CloudFormation takes neither merges nor keys of other kinds")
			d.paths[value] = path
			continue
		}
		inner := key.Value
		if path != "" {
			inner = path + "." + key.Value
		}
		d.paths[key] = inner
		if line, twice := lines[key.Value]; twice {
			d.report(key, "is written twice, first in line %d", line)
		}
		lines[key.Value] = key.Line
		d.index(value, inner, depth+1)
	}
}

// checkTag refuses nulls and YAML's own tags that stand for no JSON value. Tags with one "!" are intrinsic functions.
func (d *document) checkTag(n *yaml.Node) {
	switch tag := n.ShortTag(); tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!timestamp", "!!map", "!!seq":
	case "!!null":
		d.report(n, "has no value; CloudFormation refuses null")
	default:
		if len(tag) > 1 && tag[0] == '!' && tag[1] != '!' {
			return
		}
		d.report(n, "the YAML tag %s is not supported by CloudFormation", tag)
	}
}

// section returns a mapping of the template's top level, or an empty one.
func (d *document) section(name string) *yaml.Node {
	if n := lookup(d.root, name); n != nil && n.Kind == yaml.MappingNode {
		return n
	}
	return &yaml.Node{Kind: yaml.MappingNode}
}

// pairs walks the keys and values of a mapping; of anything else, nothing.
func pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Kind == yaml.ScalarNode && !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// lookup returns the value of a key of a mapping, nil if there is none.
func lookup(n *yaml.Node, name string) *yaml.Node {
	for key, value := range pairs(n) {
		if key.Value == name {
			return value
		}
	}
	return nil
}
