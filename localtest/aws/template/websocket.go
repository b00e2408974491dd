package template

import (
	"regexp"
	"slices"
	"time"
)

var (
	selectionExpression = regexp.MustCompile(`^\$request\.body\.[a-zA-Z_][a-zA-Z0-9_-]*$`)
	// stageNames: API Gateway Developer Guide; $default is for HTTP APIs only.
	stageNames = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)
)

// readWebSocketAPI reads the API, all but its route responses. AWS: SAM specification, AWS::Serverless::WebSocketApi.
func (l *loader) readWebSocketAPI(r *resource) *WebSocketAPI {
	api := &WebSocketAPI{
		LogicalID: r.id,
		ID:        l.attributes(r)[""],
		Stage:     "default",
		Throttle:  l.readThrottle(l.get(r.value, "DefaultRouteSettings")),
	}
	if stage := l.get(r.value, "StageName"); stage != nil {
		api.Stage = l.readStage(stage)
	}
	expression := l.required(r.value, "RouteSelectionExpression")
	api.RouteSelectionExpression = l.text(expression, "")
	if expression.kind == text && !selectionExpression.MatchString(expression.text) {
		l.report(expression.node, "%q is not emulated, only $request.body.NAME", expression.text)
	}
	routes := l.required(r.value, "Routes")
	for _, f := range l.fields(routes) {
		api.Routes = append(api.Routes, l.readRoute(r, f))
	}
	if len(api.Routes) == 0 && routes.kind == object {
		l.report(routes.node, "SAM wants at least one route")
	}
	return api
}

func (l *loader) readStage(v *value) string {
	stage := l.text(v, "")
	if v.kind == text && !stageNames.MatchString(stage) {
		l.report(v.node, "%q is not a stage name: letters, digits, - and _", stage)
	}
	return stage
}

// readRoute reads a route. AWS: an integration has 50 ms to 29 s, API Gateway Developer Guide, quotas.
func (l *loader) readRoute(api *resource, f field) WebSocketRoute {
	route := WebSocketRoute{
		LogicalID: routeID(api.id, f.name),
		Key:       f.name,
		Function:  idOf(l.find(l.required(f.value, "FunctionArn"), typeFunction, "Arn")),
	}
	timeout := l.whole(l.get(f.value, "IntegrationTimeout"), 29000, 50, 29000)
	route.IntegrationTimeout = time.Duration(timeout) * time.Millisecond
	if selection := l.get(f.value, "RouteResponseSelectionExpression"); selection != nil {
		l.word(selection, "", "$default")
		if f.name == "$connect" || f.name == "$disconnect" {
			l.report(selection.node, "a route response of %s is not emulated", f.name)
		}
	}
	return route
}

// readRouteResponses marks the routes that have a response: it takes this resource and the route's selection
// expression.
func (l *loader) readRouteResponses(s *System) {
	for _, r := range l.present(typeRouteResponse) {
		api := l.find(l.required(r.value, "ApiId"), typeWebSocketAPI, "")
		l.word(l.required(r.value, "RouteResponseKey"), "", "$default")
		id := l.required(r.value, "RouteId")
		name := l.text(id, "")
		if id.kind != text || api == nil || s.WebSocket == nil || api.id != s.WebSocket.LogicalID {
			continue
		}
		i := slices.IndexFunc(s.WebSocket.Routes, func(route WebSocketRoute) bool {
			return l.localValues(route.LogicalID)[""] == name
		})
		if i < 0 {
			l.report(id.node, "%q is not the id of a route of %s", name, api.id)
			continue
		}
		route := &s.WebSocket.Routes[i]
		if route.HasResponse {
			l.report(r.key, "the route %s has a response already", route.Key)
		}
		written := l.get(l.get(l.get(l.byID[api.id].value, "Routes"), route.Key), "RouteResponseSelectionExpression")
		route.HasResponse = written != nil
	}
}
