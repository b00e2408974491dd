package iam

import (
	"fmt"
	"slices"
)

// Right is one action on one resource that a statement allows, as they are written there. For a statement with NotAction or
// NotResource, which names what it leaves out, that side is "" and stands for all the rest.
type Right struct {
	Role     string // logical id
	Line     int    // of the statement
	Action   string
	Resource string
}

// String names the right so that it is found in the template.
func (r Right) String() string {
	return fmt.Sprintf("template.yaml:%d: %s: %s on %s", r.Line, r.Role, orTheRest(r.Action), orTheRest(r.Resource))
}

func orTheRest(pattern string) string {
	if pattern == "" {
		return "all but what is named"
	}
	return pattern
}

// Rights returns the rights that the role's statements give, each as often as it is written.
func (r Role) Rights() (all []Right) {
	for _, s := range r.Statements {
		if s.Deny {
			continue
		}
		for _, action := range orOne(s.Actions) {
			for _, resource := range orOne(s.Resources) {
				all = append(all, Right{Role: r.LogicalID, Line: s.Line, Action: action, Resource: resource})
			}
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

// Missing returns the calls that the callers' roles, by function, do not allow. A function without a role may do nothing.
func Missing(calls []Call, roles map[string]Role) (missing []Call) {
	for _, c := range calls {
		if roles[c.Function].Decide(c.Action, c.Resource) != Allow {
			missing = append(missing, c)
		}
	}
	return missing
}

// Unused returns the rights of the roles, by function, that none of the calls needed.
func Unused(calls []Call, roles map[string]Role) (unused []Right) {
	used := map[Right]bool{}
	given := map[Right]bool{}
	for function, role := range roles {
		for _, s := range role.Statements {
			for _, right := range (Role{LogicalID: role.LogicalID, Statements: []Statement{s}}).Rights() {
				given[right] = true
				used[right] = used[right] || slices.ContainsFunc(calls, func(c Call) bool {
					return c.Function == function && s.narrowedTo(right).matches(c.Action, c.Resource)
				})
			}
		}
	}
	for right := range given {
		if !used[right] {
			unused = append(unused, right)
		}
	}
	slices.SortFunc(unused, compareRights)
	return unused
}

// narrowedTo is the statement with one right alone.
func (s Statement) narrowedTo(r Right) Statement {
	if r.Action != "" {
		s.Actions = []string{r.Action}
	}
	if r.Resource != "" {
		s.Resources = []string{r.Resource}
	}
	return s
}
