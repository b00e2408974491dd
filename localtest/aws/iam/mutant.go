package iam

import (
	"cmp"
	"fmt"
	"slices"
)

// Mutant is a role from which something was taken.
type Mutant struct {
	Role  Role
	Taken string // what, and from where in the template
}

// Mutants returns the role without each of its statements that allow, without each action of those, and without each resource.
func (r Role) Mutants() (all []Mutant) {
	for i, s := range r.Statements {
		if s.Deny {
			continue
		}
		add := func(what string, instead ...Statement) {
			mutant := r
			mutant.Statements = slices.Concat(r.Statements[:i], instead, r.Statements[i+1:])
			all = append(all, Mutant{Role: mutant, Taken: fmt.Sprintf("template.yaml:%d: %s: %s", s.Line, r.LogicalID, what)})
		}
		add("the statement")
		for j, action := range s.Actions {
			without := s
			without.Actions = slices.Delete(slices.Clone(s.Actions), j, j+1)
			add("the action "+action, without)
		}
		for j, resource := range s.Resources {
			without := s
			without.Resources = slices.Delete(slices.Clone(s.Resources), j, j+1)
			add("the resource "+resource, without)
		}
	}
	return all
}

func compareRights(a, b Right) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Resource, b.Resource))
}
