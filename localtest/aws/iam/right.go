package iam

import (
	"cmp"
	"fmt"
	"slices"
)

// right is one action on one resource that a statement allows, as they are written there. For a statement with
// NotAction or NotResource, which names what it leaves out, that side is "" and stands for all the rest.
type right struct {
	Role     string // logical id
	Line     int    // of the statement
	Action   string
	Resource string
}

// String names the right so that it is found in the template.
func (r right) String() string {
	const rest = "all but what is named"
	return fmt.Sprintf("template.yaml:%d: %s: %s on %s", r.Line, r.Role, cmp.Or(r.Action, rest), cmp.Or(r.Resource, rest))
}

func compareRights(a, b right) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Resource, b.Resource))
}

// rights returns what a statement allows.
func (s Statement) rights(role string) (all []right) {
	if s.Deny {
		return nil
	}
	for _, action := range orOne(s.Actions) {
		for _, resource := range orOne(s.Resources) {
			all = append(all, right{Role: role, Line: s.Line, Action: action, Resource: resource})
		}
	}
	return all
}

func orOne(patterns []string) []string {
	if patterns == nil {
		return []string{""}
	}
	return patterns
}

// narrowedTo is the statement with one of its rights alone.
func (s Statement) narrowedTo(r right) Statement {
	if r.Action != "" {
		s.Actions = []string{r.Action}
	}
	if r.Resource != "" {
		s.Resources = []string{r.Resource}
	}
	return s
}

// mutant is a role from which something was taken.
type mutant struct {
	role  Role
	taken Statement // the statement that it was taken from, with that alone
	what  string
}

// String names what was taken so that it is found in the template.
func (m mutant) String() string {
	return fmt.Sprintf("template.yaml:%d: %s: %s", m.taken.Line, m.role.LogicalID, m.what)
}

// isExcused reports whether all that was taken are exceptions.
func (m mutant) isExcused(a Audit) bool {
	return !slices.ContainsFunc(m.taken.rights(m.role.LogicalID), func(r right) bool { return a.exception(r) < 0 })
}

// mutants returns the role without each of its statements that allow, without each action of those, and without each
// resource. A statement that denies stays: no call can be denied for want of it.
func (r Role) mutants() (all []mutant) {
	for i, s := range r.Statements {
		if s.Deny {
			continue
		}
		add := func(what string, taken Statement, left ...Statement) {
			role := r
			role.Statements = slices.Concat(r.Statements[:i], left, r.Statements[i+1:])
			all = append(all, mutant{role, taken, what})
		}
		add("the statement", s)
		for j, action := range s.Actions {
			left := s
			left.Actions = slices.Delete(slices.Clone(s.Actions), j, j+1)
			add(action, s.narrowedTo(right{Action: action}), left)
		}
		for j, resource := range s.Resources {
			left := s
			left.Resources = slices.Delete(slices.Clone(s.Resources), j, j+1)
			add(resource, s.narrowedTo(right{Resource: resource}), left)
		}
	}
	return all
}
