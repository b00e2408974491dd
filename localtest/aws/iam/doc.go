// Package iam decides what a role may do, and compares what roles may do with what was done.
//
// It evaluates the identity-based policies of a role and nothing else: Effect, Action, NotAction, Resource and
// NotResource, as the IAM User Guide, "Policy evaluation logic", has it for one account. Conditions, boundaries and
// resource-based policies are not known here. Package template refuses a role that has the first two.
//
// An [Audit] looks at what roles allow. Statements that deny are evaluated, and not audited: a call that one denies is
// missing, so in a recording without faults each of them denies nothing, and a recording cannot tell a guard from a
// statement that nobody needs.
//
// Package enforce, below this one, stands before services and asks it about each call.
package iam
