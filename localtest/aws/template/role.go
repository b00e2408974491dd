package template

import (
	"slices"
	"strings"
)

// Role is an IAM role with the statements of its inline policies, in the order of the template.
type Role struct {
	LogicalID  string
	Line       int
	Name       string
	Statements []Statement
}

// Statement is a statement of an inline policy. It has actions or not-actions, and resources or not-resources. Names
// and patterns are as IAM takes them, with references resolved.
type Statement struct {
	Line         int
	Effect       string // "Allow" or "Deny"
	Actions      []string
	NotActions   []string
	Resources    []string
	NotResources []string
}

// policyVersion is the only version that is evaluated. In the older one "${aws:…}" is plain text (IAM User Guide, "IAM
// JSON policy elements: Version").
const policyVersion = "2012-10-17"

// readRole reads a role. What a policy may say beyond the lists of coverage.go, such as Condition, is refused there.
func (l *loader) readRole(r *resource) Role {
	role := Role{LogicalID: r.id, Line: r.key.Line, Name: l.attributes(r)[""]}
	l.readTrust(l.required(r.value, "AssumeRolePolicyDocument"))
	for _, policy := range l.items(l.get(r.value, "Policies")) {
		l.text(l.required(policy, "PolicyName"), "")
		for _, s := range l.readPolicyDocument(l.required(policy, "PolicyDocument")) {
			role.Statements = append(role.Statements, l.readStatement(s))
		}
	}
	return role
}

// readTrust refuses a role that Lambda may not take on: its function could not be created.
func (l *loader) readTrust(document *value) {
	trusted := false
	for _, s := range l.readPolicyDocument(document) {
		services := l.texts(l.required(l.required(s, "Principal"), "Service"))
		actions := l.texts(l.required(s, "Action"))
		if l.word(l.required(s, "Effect"), "", "Allow") == "Allow" {
			trusted = trusted ||
				slices.Contains(services, "lambda.amazonaws.com") && slices.Contains(actions, "sts:AssumeRole")
		}
	}
	if !trusted && document.kind == object {
		l.report(document.node, "no statement allows sts:AssumeRole to lambda.amazonaws.com, so no function can have it")
	}
}

func (l *loader) readPolicyDocument(document *value) []*value {
	l.word(l.required(document, "Version"), "", policyVersion)
	statements := l.required(document, "Statement")
	if statements.kind == object {
		return []*value{statements}
	}
	return l.items(statements)
}

func (l *loader) readStatement(v *value) Statement {
	s := Statement{
		Line:         v.node.Line,
		Effect:       l.word(l.required(v, "Effect"), "", "Allow", "Deny"),
		Actions:      l.texts(l.get(v, "Action")),
		NotActions:   l.texts(l.get(v, "NotAction")),
		Resources:    l.texts(l.get(v, "Resource")),
		NotResources: l.texts(l.get(v, "NotResource")),
	}
	l.requireOneOf(v, "Action", "NotAction")
	l.requireOneOf(v, "Resource", "NotResource")
	for _, action := range slices.Concat(s.Actions, s.NotActions) {
		if service, name, ok := strings.Cut(action, ":"); action != "*" && (!ok || service == "" || name == "") {
			l.report(v.node, "%q is not an action: SERVICE:NAME, or *", action)
		}
	}
	for _, resource := range slices.Concat(s.Resources, s.NotResources) {
		if strings.Contains(resource, "${") {
			l.report(v.node, "%q has a policy variable, and these are not evaluated here", resource)
		}
		if resource != "*" && strings.Count(resource, ":") < minColons {
			l.report(v.node, "%q is not a resource: an ARN, or *", resource)
		}
	}
	return s
}

// minColons is how many colons an ARN has at least: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE.
const minColons = 5

func (l *loader) requireOneOf(v *value, name, other string) {
	if v.kind == object && (l.get(v, name) == nil) == (l.get(v, other) == nil) {
		l.report(v.node, "needs either %s or %s", name, other)
	}
}

// texts reads a list of texts, or one text alone, as policies have both.
func (l *loader) texts(v *value) []string {
	if v == nil || v.kind == broken {
		return nil
	}
	if v.kind == text {
		return []string{v.text}
	}
	var all []string
	for _, item := range l.items(v) {
		all = append(all, l.text(item, ""))
	}
	if len(all) == 0 && v.kind == list {
		l.report(v.node, "must not be empty")
	}
	return all
}
