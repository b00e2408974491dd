package template

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// coverage is both lists, ready for looking up: by type, the paths that are covered.
type coverage map[string][]coveredPath

// coveredPath is the names of a path, from the resource's properties down.
type coveredPath []string

func newCoverage() coverage {
	c := coverage{}
	for typ, paths := range emulated() {
		c.add(typ, paths)
	}
	for typ, paths := range withoutEffect() {
		c.add(typ, paths)
	}
	return c
}

func (c coverage) add(typ string, paths []string) {
	c[typ] = append(c[typ], nil...)
	for _, path := range paths {
		c[typ] = append(c[typ], strings.Split(path, "."))
	}
}

func (c coverage) knows(typ string) bool {
	_, is := c[typ]
	return is
}

// find says whether something at path is covered with all that is below it (or read as a whole), and whether there are
// entries further down.
func (c coverage) find(typ string, path []string) (ends, goesOn bool) {
	for _, covered := range c[typ] {
		if len(covered) < len(path) || !matches(covered[:len(path)], path) {
			continue
		}
		if len(covered) == len(path) {
			ends = true
		} else {
			goesOn = true
		}
	}
	return ends, goesOn
}

func matches(pattern, path []string) bool {
	return slices.EqualFunc(pattern, path, func(a, b string) bool { return a == "*" || a == b })
}

// coverNames compares a mapping that is not evaluated, such as the template itself, with the lists.
func (l *loader) coverNames(typ string, n *yaml.Node) {
	for key, inner := range pairs(n) {
		ends, goesOn := l.cover.find(typ, []string{key.Value})
		switch {
		case ends:
		case goesOn:
			for innerKey := range pairs(inner) {
				if ends, _ := l.cover.find(typ, []string{key.Value, innerKey.Value}); !ends {
					l.refuse(innerKey, typ)
				}
			}
		default:
			l.refuse(key, typ)
		}
	}
}

// coverValue compares the evaluated properties of a resource with the lists.
func (l *loader) coverValue(typ string, v *value) { l.coverAt(typ, v, nil) }

func (l *loader) coverAt(typ string, v *value, path []string) {
	for _, item := range v.list {
		l.coverAt(typ, item, path)
	}
	for _, f := range v.fields {
		at := append(slices.Clone(path), f.name)
		switch ends, goesOn := l.cover.find(typ, at); {
		case ends:
		case goesOn:
			l.coverAt(typ, f.value, at)
		default:
			l.refuse(f.key, typ)
		}
	}
}

func (l *loader) refuse(key *yaml.Node, typ string) {
	l.report(key, "%s of %s is neither emulated nor listed as without effect here", key.Value, typ)
}
