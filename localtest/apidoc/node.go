package apidoc

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// tree is the files of the documents, by their paths.
type tree struct {
	folder fs.FS
	files  map[string]*yaml.Node
}

// node is a place in a file. The zero node is one that is not there: what is read from it is empty.
type node struct {
	tree *tree
	file string
	at   string // the JSON pointer to it
	yaml *yaml.Node
}

// pair is a member of an object.
type pair struct {
	name  string
	value node
}

// root returns the top of a file.
func (t *tree) root(file string) (node, error) {
	if t.files[file] == nil {
		data, err := fs.ReadFile(t.folder, file)
		if err != nil {
			return node{}, err
		}
		var document yaml.Node
		if err := yaml.Unmarshal(data, &document); err != nil {
			return node{}, fmt.Errorf("%s: %w", file, err)
		}
		if len(document.Content) != 1 {
			return node{}, fmt.Errorf("%s is empty", file)
		}
		t.files[file] = document.Content[0]
	}
	return node{tree: t, file: file, yaml: t.files[file]}, nil
}

func (n node) exists() bool { return n.yaml != nil }

// url names the place as a $ref from the folder of the documents does.
func (n node) url() string { return n.file + "#" + n.at }

// raw returns a member as it is written; it does not follow a $ref there.
func (n node) raw(name string) node {
	if n.yaml == nil || n.yaml.Kind != yaml.MappingNode {
		return node{}
	}
	for i := 0; i+1 < len(n.yaml.Content); i += 2 {
		if n.yaml.Content[i].Value == name {
			at := n.at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
			return node{tree: n.tree, file: n.file, at: at, yaml: n.yaml.Content[i+1]}
		}
	}
	return node{}
}

// get goes down by the names of members, and follows each $ref on the way.
func (n node) get(names ...string) node {
	for _, name := range names {
		n = n.raw(name).follow()
	}
	return n
}

// follow returns the place that a $ref names, and any other place as it is. A $ref to nothing leads to the zero node.
func (n node) follow() node {
	const most = 16 // a circle ends too
	for range most {
		ref := n.raw("$ref")
		if !ref.exists() {
			return n
		}
		file, pointer, _ := strings.Cut(ref.text(), "#")
		if file = path.Join(path.Dir(n.file), file); strings.HasPrefix(ref.text(), "#") {
			file = n.file
		}
		next, err := n.tree.root(file)
		if err != nil {
			return node{}
		}
		for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
			next = next.raw(strings.NewReplacer("~1", "/", "~0", "~").Replace(name))
		}
		n = next
	}
	return node{}
}

// pairs returns the members of an object in the order of the file. No $ref is followed.
func (n node) pairs() []pair {
	if n.yaml == nil || n.yaml.Kind != yaml.MappingNode {
		return nil
	}
	var pairs []pair
	for i := 0; i+1 < len(n.yaml.Content); i += 2 {
		name := n.yaml.Content[i].Value
		pairs = append(pairs, pair{name, n.raw(name)})
	}
	return pairs
}

// items returns the items of a list. No $ref is followed.
func (n node) items() []node {
	if n.yaml == nil || n.yaml.Kind != yaml.SequenceNode {
		return nil
	}
	items := make([]node, len(n.yaml.Content))
	for i, item := range n.yaml.Content {
		items[i] = node{tree: n.tree, file: n.file, at: fmt.Sprintf("%s/%d", n.at, i), yaml: item}
	}
	return items
}

// text returns a scalar as it is written; empty for anything else.
func (n node) text() string {
	if n.yaml == nil || n.yaml.Kind != yaml.ScalarNode {
		return ""
	}
	return n.yaml.Value
}

// json returns the value as indented JSON, its members in the order of the file.
func (n node) json(indent string) string {
	const step = "  "
	switch {
	case n.yaml == nil:
		return "null"
	case n.yaml.Kind == yaml.MappingNode:
		var members []string
		for _, p := range n.pairs() {
			members = append(members, indent+step+quoted(p.name)+": "+p.value.json(indent+step))
		}
		return enclosed("{", members, "}", indent)
	case n.yaml.Kind == yaml.SequenceNode:
		var items []string
		for _, item := range n.items() {
			items = append(items, indent+step+item.json(indent+step))
		}
		return enclosed("[", items, "]", indent)
	}
	if n.yaml.ShortTag() == "!!str" || n.yaml.ShortTag() == "!!timestamp" {
		return quoted(n.yaml.Value)
	}
	return n.yaml.Value // numbers, true, false, null: all written as in JSON
}

func enclosed(begin string, parts []string, end, indent string) string {
	if len(parts) == 0 {
		return begin + end
	}
	return begin + "\n" + strings.Join(parts, ",\n") + "\n" + indent + end
}

func quoted(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string can be encoded
	return strings.TrimSuffix(b.String(), "\n")
}
