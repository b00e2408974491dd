package template

import (
	"regexp"

	"go.yaml.in/yaml/v3"
)

// The resource types that the local stack emulates. Types without effect are named in coverage.go alone.
const (
	typeFunction      = "AWS::Serverless::Function"
	typeWebSocketAPI  = "AWS::Serverless::WebSocketApi"
	typeHTTPAPI       = "AWS::Serverless::HttpApi"
	typeRouteResponse = "AWS::ApiGatewayV2::RouteResponse"
	typeTable         = "AWS::DynamoDB::Table"
	typeQueue         = "AWS::SQS::Queue"
	typeRole          = "AWS::IAM::Role"
	typeSecret        = "AWS::SecretsManager::Secret"
)

// resource is an entry of the section Resources.
type resource struct {
	id         string
	key        *yaml.Node // the logical id, for the line
	typ        string
	body       *yaml.Node
	properties *yaml.Node // with Globals merged in; nil if there are none
	name       string     // what it is called outside of the template
	absent     bool       // its condition is false
	value      *value     // the properties, evaluated
}

// logicalIDs is the form of a logical id. AWS: CloudFormation User Guide, resources section structure.
var logicalIDs = regexp.MustCompile(`^[a-zA-Z0-9]{1,255}$`)

// maxResources: CloudFormation User Guide, quotas.
const maxResources = 500

func (l *loader) readResources() {
	l.byID = map[string]*resource{}
	for key, body := range pairs(l.section("Resources")) {
		if len(l.resources) == maxResources {
			l.report(key, "a template has at most %d resources", maxResources)
			break
		}
		if !logicalIDs.MatchString(key.Value) {
			l.report(key, "a logical id has letters and digits only")
		}
		if _, is := l.parameters[key.Value]; is {
			l.report(key, "a parameter has this name too")
		}
		if !l.plain(body, yaml.MappingNode) {
			l.report(body, "must be a mapping")
			continue
		}
		r := l.readResource(key, body)
		if l.byID[r.id] == nil { // a second one has been reported
			l.byID[r.id] = r
			l.resources = append(l.resources, r)
		}
	}
}

func (l *loader) readResource(key, body *yaml.Node) *resource {
	r := &resource{id: key.Value, key: key, body: body, properties: lookup(body, "Properties")}
	l.coverNames(resourceAttributes, body)
	if kind := lookup(body, "Type"); kind == nil {
		l.report(key, "Type is missing")
	} else {
		r.typ = kind.Value
		if !l.cover.knows(r.typ) {
			l.report(kind, "resources of type %q are neither emulated nor listed as without effect here", r.typ)
		}
	}
	if name := lookup(body, "Condition"); name != nil {
		r.absent = !l.holds(name)
	}
	if r.typ == typeFunction {
		l.checkBuildMethod(body)
		r.properties = l.merge(l.globals(), r.properties)
	}
	return r
}

// checkBuildMethod: the stack builds with "go build", which is what sam build does for go1.x and for nothing else.
func (l *loader) checkBuildMethod(body *yaml.Node) {
	if n := lookup(lookup(body, "Metadata"), "BuildMethod"); n != nil && n.Value != "go1.x" {
		l.report(n, "%q is not emulated, only go1.x", n.Value)
	}
}

// nameProperty is the property by which a template names a resource of a type itself, "" if that is not emulated.
func nameProperty(typ string) string {
	switch typ {
	case typeFunction:
		return "FunctionName"
	case typeQueue:
		return "QueueName"
	}
	return ""
}

// nameResources settles all names before anything is evaluated that may refer to them. AWS names a
// resource STACK-LogicalId and some letters of its own.
func (l *loader) nameResources() {
	taken := map[string]string{}
	for _, r := range l.resources {
		r.name = l.opts.StackName + "-" + r.id
		if n := lookup(r.properties, nameProperty(r.typ)); n != nil {
			l.readName(r, n)
		}
		if other, is := taken[r.typ+" "+r.name]; is && !r.absent {
			l.report(r.key, "has the name %s, as has %s", r.name, other)
		}
		if !r.absent {
			taken[r.typ+" "+r.name] = r.id
		}
	}
}

var resourceNames = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// maxName: Lambda API Reference, CreateFunction, FunctionName; Amazon SQS API Reference, CreateQueue, QueueName.
func maxName(typ string) int {
	if typ == typeQueue {
		return 80
	}
	return 64
}

func (l *loader) readName(r *resource, n *yaml.Node) {
	v := evaluator{loader: l, dead: r.absent, parametersOnly: nameProperty(r.typ)}.evaluate(n)
	if name := l.text(v, r.name); resourceNames.MatchString(name) && len(name) <= maxName(r.typ) {
		r.name = name
	} else {
		l.report(n, "%q is not a name: 1 to %d letters, digits, - and _", name, maxName(r.typ))
	}
}

// evaluateResources resolves all properties, those without effect too: a mistake in a role is a mistake.
func (l *loader) evaluateResources() {
	for _, r := range l.resources {
		e := evaluator{loader: l, owner: r.id, dead: r.absent}
		l.followDependsOn(e, lookup(r.body, "DependsOn"))
		switch {
		case r.properties == nil:
			r.value = &value{node: r.key, kind: object}
		case !l.plain(r.properties, yaml.MappingNode):
			l.report(r.properties, "must be a mapping, written out")
			r.value = &value{node: r.properties}
		default:
			r.value = &value{node: r.key, kind: object}
			for key, n := range pairs(r.properties) {
				r.value.addField(key, l.evaluateProperty(e, r, key, n))
			}
		}
		if !r.absent && l.cover.knows(r.typ) {
			l.coverValue(r.typ, r.value)
		}
	}
}

// evaluateProperty is evaluate, but what a route or an event names is counted to the resources that the transform makes
// of it. A routed function may name its API, though the template writes the function into the API.
func (l *loader) evaluateProperty(e evaluator, r *resource, key, n *yaml.Node) *value {
	if !l.makesResources(r.typ, key.Value) || !l.plain(n, yaml.MappingNode) {
		return e.evaluate(n)
	}
	v := &value{node: n, kind: object}
	for name, inner := range pairs(n) {
		e.owner = madeFrom(r, key.Value, name.Value)
		v.addField(name, e.evaluate(inner))
	}
	return v
}

func (l *loader) followDependsOn(e evaluator, n *yaml.Node) {
	if n == nil {
		return
	}
	names := []*yaml.Node{n}
	if l.plain(n, yaml.SequenceNode) {
		names = n.Content
	}
	for _, name := range names {
		switch {
		case !l.plain(name, yaml.ScalarNode):
			l.report(name, "must be a logical id")
		case l.localValues(name.Value) == nil:
			l.report(name, "%s", l.unknown(name.Value))
		default:
			// CloudFormation leaves out what is not there. So the reference counts, but may be to an absent resource.
			e.dead = true
			e.refer(name.Value, name)
		}
	}
}

// present returns the resources of a type, in the order of the template, without those whose condition is false.
func (l *loader) present(typ string) []*resource {
	var all []*resource
	for _, r := range l.resources {
		if r.typ == typ && !r.absent {
			all = append(all, r)
		}
	}
	return all
}
