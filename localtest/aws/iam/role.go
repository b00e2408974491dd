package iam

import "slices"

// Role is what a function may do.
type Role struct {
	Name       string // as it stands in the ARNs of its sessions
	LogicalID  string // in the template
	Statements []Statement
}

// Statement allows or denies actions on resources. It has Actions or NotActions, and Resources or NotResources.
type Statement struct {
	Line         int // in the template
	Deny         bool
	Actions      []string
	NotActions   []string
	Resources    []string
	NotResources []string
}

// Call is one use of a service by a function: what IAM is asked about.
type Call struct {
	Function string
	Action   string // such as "dynamodb:PutItem"
	Resource string // an ARN, or "*" for an action that IAM knows no resource for
}

// Decision is IAM's answer.
type Decision int

// The decisions. A statement that denies beats all that allow, and what no statement allows is denied too.
const (
	ImplicitDeny Decision = iota
	ExplicitDeny
	Allow
)

// Decide returns what the role's statements say about an action on a resource.
func (r Role) Decide(action, resource string) Decision {
	decision := ImplicitDeny
	for _, s := range r.Statements {
		switch {
		case !s.matches(action, resource):
		case s.Deny:
			return ExplicitDeny
		default:
			decision = Allow
		}
	}
	return decision
}

func (s Statement) matches(action, resource string) bool {
	matchesAction := func(pattern string) bool { return matchAction(pattern, action) }
	matchesResource := func(pattern string) bool { return matchResource(pattern, resource) }
	if s.NotActions != nil {
		if slices.ContainsFunc(s.NotActions, matchesAction) {
			return false
		}
	} else if !slices.ContainsFunc(s.Actions, matchesAction) {
		return false
	}
	if s.NotResources != nil {
		return !slices.ContainsFunc(s.NotResources, matchesResource)
	}
	return slices.ContainsFunc(s.Resources, matchesResource)
}
