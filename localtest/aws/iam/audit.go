package iam

import (
	"cmp"
	"fmt"
	"slices"
)

// Audit compares the rights that functions have with the calls that they made.
type Audit struct {
	Calls      []Call
	Roles      map[string]Role // by function
	Exceptions []Exception
}

// Exception is a right that no call needs, and that is given all the same.
type Exception struct {
	Role   string // logical id
	Action string
	Reason string
}

// Missing names the calls that the callers' roles do not allow. A function without a role may do nothing.
func (a Audit) Missing() (problems []string) {
	for _, c := range a.Calls {
		if a.Roles[c.Function].Decide(c.Action, c.Resource) != Allow {
			problems = append(problems, fmt.Sprintf("missing in %s: %s on %s",
				cmp.Or(a.Roles[c.Function].LogicalID, "the role of "+c.Function), c.Action, c.Resource))
		}
	}
	slices.Sort(problems)
	return problems
}

// Needless names the rights that no call needed, exceptions that are none, and what is given twice: it can be taken
// from a role without any call being denied.
func (a Audit) Needless() (problems []string) {
	excused := make([]bool, len(a.Exceptions))
	for _, right := range a.unused() {
		if i := a.exception(right); i >= 0 {
			excused[i] = true
		} else {
			problems = append(problems, "no call needs "+right.String())
		}
	}
	for i, e := range a.Exceptions {
		if !excused[i] {
			problems = append(problems, fmt.Sprintf("%s is to have %s, because %s; either it has not, or a call needs it "+
				"and it is no exception any more", e.Role, e.Action, e.Reason))
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return a.givenTwice()
}

func (a Audit) exception(r right) int {
	return slices.IndexFunc(a.Exceptions, func(e Exception) bool { return e.Role == r.Role && e.Action == r.Action })
}

// unused returns the rights that none of the calls needed, in the order of the template.
func (a Audit) unused() (unused []right) {
	used := map[right]bool{}
	for function, role := range a.Roles {
		for _, s := range role.Statements {
			for _, right := range s.rights(role.LogicalID) {
				narrowed := s.narrowedTo(right)
				used[right] = used[right] || slices.ContainsFunc(a.Calls, func(c Call) bool {
					return c.Function == function && narrowed.matches(c.Action, c.Resource)
				})
			}
		}
	}
	for right, needed := range used {
		if !needed {
			unused = append(unused, right)
		}
	}
	slices.SortFunc(unused, compareRights)
	return unused
}

// givenTwice names what can be taken from a role without a call being denied. What no call needs, the exceptions, can
// too, and is left out.
func (a Audit) givenTwice() (problems []string) {
	for function, role := range a.Roles {
		for _, m := range role.mutants() {
			denies := func(c Call) bool {
				return c.Function == function && role.Decide(c.Action, c.Resource) == Allow &&
					m.role.Decide(c.Action, c.Resource) != Allow
			}
			if m.isExcused(a) || slices.ContainsFunc(a.Calls, denies) {
				continue
			}
			problems = append(problems, "no call is denied without "+m.String())
		}
	}
	slices.Sort(problems)
	return problems
}
