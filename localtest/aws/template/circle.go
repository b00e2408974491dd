package template

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// edge is a reference from one resource to another.
type edge struct {
	to string
	at *yaml.Node
}

func (l *loader) edge(from, to string, at *yaml.Node) {
	l.edges[from] = append(l.edges[from], edge{to, at})
}

// refuseCircles reports references that go round in a circle: CloudFormation would not know what to make first, and
// neither "sam validate" nor cfn-lint sees it in a SAM template, since the transform adds references of its own. The
// branch of an Fn::If that is not taken counts too: it would be a circle with other parameters.
func (l *loader) refuseCircles() {
	state := map[string]int{} // 1: on the way, 2: done
	var way []string
	var visit func(id string)
	visit = func(id string) {
		state[id] = 1
		way = append(way, id)
		for _, e := range l.edges[id] {
			switch state[e.to] {
			case 0:
				visit(e.to)
			case 1:
				circle := append(slices.Clone(way[slices.Index(way, e.to):]), e.to)
				l.report(e.at, "closes a circle of references: %s", strings.Join(circle, " -> "))
			}
		}
		way = way[:len(way)-1]
		state[id] = 2
	}
	for _, r := range l.resources {
		if state[r.id] == 0 {
			visit(r.id)
		}
	}
	// A circle of what the transform makes alone, with no resource of the template in it.
	for _, id := range slices.Sorted(maps.Keys(l.edges)) {
		if state[id] == 0 {
			visit(id)
		}
	}
}
