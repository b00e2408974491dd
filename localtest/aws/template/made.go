package template

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// made is a resource that SAM's transform makes; a template may name it with Ref.
type made struct {
	owner *resource
	node  string // what it counts as when circles are looked for
}

// routeKeys are the keys that SAM takes for a WebSocket route.
// AWS: aws/serverless-application-model, websocket_api_generator.py.
var routeKeys = regexp.MustCompile(`^([a-zA-Z0-9]+|\$connect|\$disconnect|\$default)$`)

// findMadeIDs lists the logical ids that the transform makes, as far as a template like ours could name them.
func (l *loader) findMadeIDs() {
	l.made = map[string]made{}
	for _, r := range l.resources {
		switch r.typ {
		case typeWebSocketAPI:
			l.makeRoutes(r)
			l.makeStage(r, "DefaultStage", "default")
		case typeHTTPAPI:
			l.makeStage(r, "ApiGatewayDefaultStage", "$default")
		case typeFunction:
			l.makeEvents(r)
			if lookup(r.properties, "Role") == nil {
				l.make(r, r.key, r.id, r.id+"Role")
			}
		}
	}
}

func (l *loader) make(r *resource, at *yaml.Node, node string, ids ...string) {
	for _, id := range ids {
		if l.byID[id] != nil || l.made[id].owner != nil {
			l.report(at, "SAM's transform makes a resource %s of this, and there is one already", id)
			continue
		}
		l.made[id] = made{owner: r, node: node}
	}
}

// makesResources says that each entry of a property becomes resources of its own.
func (l *loader) makesResources(typ, property string) bool {
	return typ == typeWebSocketAPI && property == "Routes" || typ == typeFunction && property == "Events"
}

// madeFrom returns the node under which the references of a route or an event count.
func madeFrom(r *resource, property, key string) string {
	if property == "Routes" {
		return routeID(r.id, key)
	}
	return r.id + key
}

// routeID is what the transform calls a route: API, key with only the first letter upper case, "Route".
func routeID(api, key string) string {
	key = strings.TrimPrefix(key, "$")
	if key == "" {
		return api + "Route"
	}
	return api + strings.ToUpper(key[:1]) + strings.ToLower(key[1:]) + "Route"
}

func (l *loader) makeRoutes(r *resource) {
	routes := lookup(r.properties, "Routes")
	if routes != nil && !l.plain(routes, yaml.MappingNode) {
		l.report(routes, "must be a mapping, written out: the transform makes resources of its keys")
		return
	}
	for key := range pairs(routes) {
		if !routeKeys.MatchString(key.Value) {
			l.report(key, "SAM takes letters and digits, $connect, $disconnect or $default as a route key")
			continue
		}
		id := routeID(r.id, key.Value)
		base := strings.TrimSuffix(id, "Route")
		l.make(r, key, id, id, base+"Integration", base+"Permission")
		l.edge(id, r.id, key)
	}
}

func (l *loader) makeStage(r *resource, nameOfDefault, defaultStage string) {
	n := lookup(r.properties, "StageName")
	id := r.id + "Stage"
	switch {
	case n == nil || l.plain(n, yaml.ScalarNode) && n.Value == defaultStage:
		id = r.id + nameOfDefault
	case l.plain(n, yaml.ScalarNode):
		id = r.id + n.Value + "Stage"
	}
	l.make(r, r.key, id, id)
	l.edge(id, r.id, r.key)
}

func (l *loader) makeEvents(r *resource) {
	events := lookup(r.properties, "Events")
	if events != nil && !l.plain(events, yaml.MappingNode) {
		l.report(events, "must be a mapping, written out: the transform makes resources of its keys")
		return
	}
	for key, event := range pairs(events) {
		if !logicalIDs.MatchString(key.Value) {
			l.report(key, "the name of an event becomes part of a logical id, which has letters and digits only")
			continue
		}
		node := madeFrom(r, "Events", key.Value)
		id := node
		if kind := lookup(event, "Type"); kind != nil && kind.Value == "HttpApi" {
			id += "Permission"
		}
		l.make(r, key, node, id)
		l.edge(node, r.id, key)
	}
}
