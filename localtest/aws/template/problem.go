package template

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Problem is one thing in a template that is wrong, or that the local stack does not emulate.
type Problem struct {
	File    string
	Line    int    // 0: about the template as a whole, or about the options
	Path    string // "Resources.Table.Properties.KeySchema[0]"; "" for the template as a whole
	Message string
}

// String returns "file:line: path: message", without what is not known.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	return b.String()
}

// Problems is the error of [Load] for a template that cannot be run here: all problems, by line.
type Problems []Problem

// Error returns one line per problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// problemSet gathers problems. The same one is kept once: a mistake in Globals shows in every function.
type problemSet struct {
	file  string
	found map[Problem]bool
}

func newProblemSet(file string) *problemSet {
	return &problemSet{file: file, found: map[Problem]bool{}}
}

func (s *problemSet) add(line int, path, message string) {
	s.found[Problem{File: s.file, Line: line, Path: path, Message: message}] = true
}

// err returns nil if there is no problem.
func (s *problemSet) err() error {
	if len(s.found) == 0 {
		return nil
	}
	all := make(Problems, 0, len(s.found))
	for p := range s.found {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
	return all
}

// report notes a problem at a node of the document.
func (d *document) report(n *yaml.Node, format string, args ...any) {
	d.problems.add(n.Line, d.paths[n], fmt.Sprintf(format, args...))
}
