package iam

import (
	"slices"
	"strings"
	"testing"
)

const (
	table = "arn:aws:dynamodb:us-east-1:000000000000:table/t"
	index = table + "/index/i"
)

func TestDecide(t *testing.T) {
	read := Statement{Actions: []string{"dynamodb:GetItem", "dynamodb:Query"}, Resources: []string{table}}
	for _, c := range []struct {
		name       string
		statements []Statement
		action     string
		resource   string
		want       Decision
	}{
		{"allowed", []Statement{read}, "dynamodb:GetItem", table, Allow},
		{"case of an action", []Statement{read}, "DynamoDB:getitem", table, Allow},
		{"case of a resource", []Statement{read}, "dynamodb:GetItem", strings.ToUpper(table), ImplicitDeny},
		{"another action", []Statement{read}, "dynamodb:PutItem", table, ImplicitDeny},
		{"a longer action", []Statement{read}, "dynamodb:GetItems", table, ImplicitDeny},
		{"an index is not its table", []Statement{read}, "dynamodb:Query", index, ImplicitDeny},
		{"no statement", nil, "dynamodb:GetItem", table, ImplicitDeny},
		{"denied and allowed", []Statement{read, {Deny: true, Actions: []string{"*"}, Resources: []string{table}}}, "dynamodb:GetItem", table, ExplicitDeny},
		{"denied first", []Statement{{Deny: true, Actions: []string{"*"}, Resources: []string{table}}, read}, "dynamodb:GetItem", table, ExplicitDeny},
		{"another is denied", []Statement{read, {Deny: true, Actions: []string{"*"}, Resources: []string{index}}}, "dynamodb:GetItem", table, Allow},
		{"not this action", []Statement{{NotActions: []string{"dynamodb:Put*"}, Resources: []string{table}}}, "dynamodb:PutItem", table, ImplicitDeny},
		{"any but an action", []Statement{{NotActions: []string{"dynamodb:Put*"}, Resources: []string{table}}}, "dynamodb:GetItem", table, Allow},
		{"not this resource", []Statement{{Actions: []string{"*"}, NotResources: []string{table}}}, "dynamodb:Query", table, ImplicitDeny},
		{"any but a resource", []Statement{{Actions: []string{"*"}, NotResources: []string{table}}}, "dynamodb:Query", index, Allow},
		{"deny all but an action", []Statement{read, {Deny: true, NotActions: []string{"dynamodb:Query"}, Resources: []string{"*"}}}, "dynamodb:GetItem", table, ExplicitDeny},
	} {
		if got := (Role{Statements: c.statements}).Decide(c.action, c.resource); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestResourcesMatchPartByPart(t *testing.T) {
	for _, c := range []struct {
		pattern, resource string
		want              bool
	}{
		{"*", "*", true},
		{"*", table, true},
		{table, "*", false},
		{table, table, true},
		{"arn:aws:dynamodb:*:*:table/t", table, true},
		{"arn:aws:dynamodb:*:table/t", table, false},
		{"arn:aws:dynamodb:us-east-?:000000000000:table/?", table, true},
		{table + "/index/*", index, true},
		{table + "*", index, true},
		{"arn:aws:logs:r:a:log-group:g:*", "arn:aws:logs:r:a:log-group:g:log-stream:s", true},
		{"arn:aws:logs:r:a:log-group:g:*", "arn:aws:logs:r:a:log-group:h:log-stream:s", false},
		{"arn:aws:execute-api:r:a:id/dev/POST/@connections/*", "arn:aws:execute-api:r:a:id/dev/POST/@connections/x=", true},
		{"arn:aws:execute-api:r:a:id/dev/POST/@connections/*", "arn:aws:execute-api:r:a:id/dev/DELETE/@connections/x=", false},
		{"arn:aws:x:r:a:*b*c", "arn:aws:x:r:a:abbcbc", true},
		{"arn:aws:x:r:a:*b*c", "arn:aws:x:r:a:abbcb", false},
		{"arn:aws:x:r:a:", "arn:aws:x:r:a:b", false},
	} {
		if got := matchResource(c.pattern, c.resource); got != c.want {
			t.Errorf("%s of %s: %t", c.pattern, c.resource, got)
		}
	}
}

// house is two functions with a role each, and calls that need all of both.
func house() Audit {
	return Audit{
		Roles: map[string]Role{
			"reader": {LogicalID: "ReaderRole", Statements: []Statement{
				{Line: 10, Actions: []string{"dynamodb:GetItem", "dynamodb:Query"}, Resources: []string{table, index}},
				{Line: 15, Actions: []string{"dynamodb:ListStreams"}, Resources: []string{"*"}},
			}},
			"writer": {LogicalID: "WriterRole", Statements: []Statement{
				{Line: 20, Actions: []string{"dynamodb:PutItem"}, Resources: []string{table}},
				{Line: 30, Deny: true, Actions: []string{"dynamodb:DeleteItem"}, Resources: []string{"*"}},
				{Line: 40, NotActions: []string{"dynamodb:*"}, Resources: []string{"*"}},
			}},
		},
		Calls: []Call{
			{"reader", "dynamodb:GetItem", table}, {"reader", "dynamodb:GetItem", index},
			{"reader", "dynamodb:Query", table}, {"reader", "dynamodb:Query", index},
			{"writer", "dynamodb:PutItem", table},
			{"writer", "sqs:SendMessage", "arn:aws:sqs:r:a:q"},
		},
		Exceptions: []Exception{{"ReaderRole", "dynamodb:ListStreams", "it is asked for"}},
	}
}

func TestAnAuditNamesWhatIsMissingAndWhatIsNotNeeded(t *testing.T) {
	statement := func(a Audit, function string, i int) *Statement { return &a.Roles[function].Statements[i] }
	for _, c := range []struct {
		name   string
		change func(*Audit)
		want   []string // the beginnings
	}{
		{"all is well", func(*Audit) {}, nil},
		{"an action is missing", func(a *Audit) { statement(*a, "reader", 0).Actions = []string{"dynamodb:Query"} },
			[]string{"missing in ReaderRole: dynamodb:GetItem on " + table, "missing in ReaderRole: dynamodb:GetItem on " + index}},
		{"a resource is missing", func(a *Audit) { statement(*a, "reader", 0).Resources = []string{table} },
			[]string{"missing in ReaderRole: dynamodb:GetItem on " + index, "missing in ReaderRole: dynamodb:Query on " + index}},
		{"an unknown caller", func(a *Audit) { a.Calls = append(a.Calls, Call{"stranger", "dynamodb:PutItem", table}) },
			[]string{"missing in the role of stranger: dynamodb:PutItem on " + table}},
		{"what is denied", func(a *Audit) { a.Calls = append(a.Calls, Call{"writer", "dynamodb:DeleteItem", table}) },
			[]string{"missing in WriterRole: dynamodb:DeleteItem on " + table}},
		{"a right that no call needs", func(a *Audit) { a.Calls = slices.Delete(a.Calls, 1, 2) },
			[]string{"no call needs template.yaml:10: ReaderRole: dynamodb:GetItem on " + index}},
		{"all the rest, and no call needs it", func(a *Audit) { a.Calls = a.Calls[:5] },
			[]string{"no call needs template.yaml:40: WriterRole: all but what is named on *"}},
		{"an exception that is not given", func(a *Audit) { statement(*a, "reader", 1).Actions = []string{} },
			[]string{"ReaderRole is to have dynamodb:ListStreams, because it is asked for; either it has not"}},
		{"an exception that a call needs", func(a *Audit) { a.Calls = append(a.Calls, Call{"reader", "dynamodb:ListStreams", "*"}) },
			[]string{"ReaderRole is to have dynamodb:ListStreams, because it is asked for; either it has not"}},
		{"a statement written twice", func(a *Audit) {
			r := a.Roles["writer"]
			r.Statements = append(r.Statements, Statement{Line: 50, Actions: []string{"dynamodb:PutItem"}, Resources: []string{"*"}})
			a.Roles["writer"] = r
		}, []string{
			"no call is denied without template.yaml:20: WriterRole: " + table,
			"no call is denied without template.yaml:20: WriterRole: dynamodb:PutItem",
			"no call is denied without template.yaml:20: WriterRole: the statement",
			"no call is denied without template.yaml:50: WriterRole: *",
			"no call is denied without template.yaml:50: WriterRole: dynamodb:PutItem",
			"no call is denied without template.yaml:50: WriterRole: the statement",
		}},
	} {
		a := house()
		c.change(&a)
		got := append(a.Missing(), a.Needless()...)
		if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestMutantsLoseOneThingEach(t *testing.T) {
	a := house()
	for function, role := range a.Roles {
		for _, m := range role.mutants() {
			mutated := house()
			mutated.Roles[function] = m.role
			if missing := mutated.Missing(); len(missing) == 0 && !m.isExcused(a) {
				t.Errorf("nothing is missing without %s", m)
			}
		}
	}
	if n := len(a.Roles["reader"].mutants()); n != 5+3 {
		t.Errorf("%d mutants of the reader's role", n)
	}
	if !slices.EqualFunc(a.Roles["reader"].Statements, house().Roles["reader"].Statements, func(a, b Statement) bool {
		return slices.Equal(a.Actions, b.Actions) && slices.Equal(a.Resources, b.Resources)
	}) {
		t.Error("the role itself changed")
	}
}
