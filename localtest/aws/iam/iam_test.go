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

// house is two functions with a role each.
func house() map[string]Role {
	return map[string]Role{
		"reader": {LogicalID: "ReaderRole", Statements: []Statement{
			{Line: 10, Actions: []string{"dynamodb:GetItem", "dynamodb:Query"}, Resources: []string{table, index}},
		}},
		"writer": {LogicalID: "WriterRole", Statements: []Statement{
			{Line: 20, Actions: []string{"dynamodb:PutItem"}, Resources: []string{table}},
			{Line: 30, Deny: true, Actions: []string{"dynamodb:DeleteItem"}, Resources: []string{"*"}},
			{Line: 40, NotActions: []string{"dynamodb:*"}, Resources: []string{"*"}},
		}},
	}
}

func TestMissingAndUnusedAreDifferences(t *testing.T) {
	calls := []Call{
		{"reader", "dynamodb:GetItem", table},
		{"reader", "dynamodb:Query", index},
		{"reader", "dynamodb:PutItem", table},
		{"writer", "dynamodb:PutItem", table},
		{"stranger", "dynamodb:PutItem", table},
	}
	if got, want := Missing(calls, house()), []Call{calls[2], calls[4]}; !slices.Equal(got, want) {
		t.Errorf("missing %v, want %v", got, want)
	}
	want := []Right{
		{"ReaderRole", 10, "dynamodb:GetItem", index},
		{"ReaderRole", 10, "dynamodb:Query", table},
		{"WriterRole", 40, "", "*"},
	}
	if got := Unused(calls, house()); !slices.Equal(got, want) {
		t.Errorf("unused %v, want %v", got, want)
	}
	calls = append(calls, Call{"writer", "sqs:SendMessage", "arn:aws:sqs:r:a:q"})
	if got := Unused(calls, house()); !slices.Equal(got, want[:2]) {
		t.Errorf("unused %v, want %v", got, want[:2])
	}
}

func TestMutantsLoseOneThingEach(t *testing.T) {
	var taken []string
	for _, m := range house()["reader"].Mutants() {
		taken = append(taken, strings.TrimPrefix(m.Taken, "template.yaml:10: ReaderRole: "))
		if m.Role.Decide("dynamodb:GetItem", table) == Allow && m.Role.Decide("dynamodb:Query", index) == Allow {
			t.Errorf("%s: nothing is missing", m.Taken)
		}
	}
	want := []string{"the statement", "the action dynamodb:GetItem", "the action dynamodb:Query", "the resource " + table, "the resource " + index}
	if !slices.Equal(taken, want) {
		t.Errorf("taken %q, want %q", taken, want)
	}
	if n := len(house()["writer"].Mutants()); n != 5 {
		t.Errorf("%d mutants of a role with a Deny and a NotAction, want 5", n)
	}
	if r := house()["reader"]; len(r.Statements[0].Actions) != 2 || len(r.Statements[0].Resources) != 2 {
		t.Errorf("the role itself changed: %+v", r)
	}
}
