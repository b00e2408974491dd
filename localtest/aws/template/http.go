package template

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// readHTTPAPI reads the API; its routes are written at the functions. AWS: SAM specification, AWS::Serverless::HttpApi.
func (l *loader) readHTTPAPI(r *resource) *HTTPAPI {
	api := &HTTPAPI{
		LogicalID: r.id,
		ID:        l.attributes(r)[""],
		Stage:     "$default",
		Throttle:  l.readThrottle(l.get(r.value, "DefaultRouteSettings")),
	}
	if stage := l.get(r.value, "StageName"); stage != nil && l.text(stage, "$default") != "$default" {
		api.Stage = l.readStage(stage)
	}
	return api
}

// methods: API Gateway Developer Guide, "Create routes for HTTP APIs".
func methods() []string {
	return []string{"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
}

// readHTTPRoute reads an event. AWS: neither path nor method means $default; an integration has 50 ms to 30 s (SAM
// specification, HttpApi event; API Gateway Developer Guide, quotas).
func (l *loader) readHTTPRoute(s *System, r *resource, event field, properties *value) {
	owner := l.find(l.required(properties, "ApiId"), typeHTTPAPI, "")
	l.word(l.get(properties, "PayloadFormatVersion"), "2.0", "2.0")
	path, method := l.get(properties, "Path"), l.get(properties, "Method")
	route := HTTPRoute{
		Method:   strings.ToUpper(l.text(method, "")),
		Path:     l.text(path, "$default"),
		Function: r.id,
		Timeout:  time.Duration(l.whole(l.get(properties, "TimeoutInMillis"), 30000, 50, 30000)) * time.Millisecond,
	}
	switch {
	case (path == nil) != (method == nil):
		l.report(properties.node, "Path and Method go together")
	case path == nil || path.kind == broken || method.kind == broken:
	default:
		l.checkHTTPRoute(route, path, method)
	}
	if owner == nil || s.HTTP == nil || owner.id != s.HTTP.LogicalID {
		return
	}
	// The transform writes the function's ARN into the body of the API.
	l.edge(owner.id, r.id, event.key)
	if slices.ContainsFunc(s.HTTP.Routes, func(other HTTPRoute) bool { return other.Key() == route.Key() }) {
		l.report(event.key, "there is a route %q already", route.Key())
	}
	s.HTTP.Routes = append(s.HTTP.Routes, route)
}

// pathSegment is a name or a variable; a greedy one, {name+}, takes the rest of the path and comes last.
var pathSegment = regexp.MustCompile(`^([^{}/?#]+|\{[a-zA-Z0-9._-]+\+?\})$`)

func (l *loader) checkHTTPRoute(route HTTPRoute, path, method *value) {
	if method.kind == text && !slices.Contains(methods(), route.Method) {
		l.report(method.node, "%q is not a method, only %s", method.text, strings.Join(methods(), ", "))
	}
	if path.kind != text || route.Path == "/" {
		return
	}
	rest, rooted := strings.CutPrefix(route.Path, "/")
	if !rooted {
		l.report(path.node, "%q does not begin with /", route.Path)
		return
	}
	segments := strings.Split(rest, "/")
	variables := map[string]bool{}
	for i, segment := range segments {
		greedy := strings.HasSuffix(segment, "+}") && i < len(segments)-1
		if !pathSegment.MatchString(segment) || greedy || variables[segment] {
			l.report(path.node, "%q: the segment %q is not emulated", route.Path, segment)
		}
		variables[segment] = strings.HasPrefix(segment, "{")
	}
}
