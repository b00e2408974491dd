package httpapi

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	defaultStage = "$default"
	defaultRoute = "$default"
	anyMethod    = "ANY"
)

// Route sends requests to a function.
type Route struct {
	Method   string // upper case; "ANY" for all; "" with the path "$default"
	Path     string // "/rooms/{id}", "/files/{path+}" (takes the rest), or "$default" for what no other route takes
	Function string
	Timeout  time.Duration // 0 means MaxTimeout
	Throttle Limiter       // the route's own bucket; nil means that it draws from Throttles.Stage
}

// route is a Route, cut into segments.
type route struct {
	Route
	key      string // "GET /rooms/{id}"
	segments []segment
}

type segmentKind int

// In the order in which API Gateway prefers them.
const (
	literal segmentKind = iota
	variable
	greedy // one or more segments, to the end of the path
)

type segment struct {
	kind segmentKind
	text string // of a literal, or the name of a variable
}

// match is a route with the values of its variables.
type match struct {
	route      *route
	parameters map[string]string
}

// compile puts routes in the order in which they are tried: the most specific first. AWS: a full match of path and
// method, then a greedy variable, then $default; API Gateway Developer Guide, "Create routes for HTTP APIs".
func compile(given []Route) ([]route, error) {
	var routes []route
	for _, r := range given {
		compiled, err := compileRoute(r)
		if err != nil {
			return nil, err
		}
		routes = append(routes, compiled)
	}
	slices.SortStableFunc(routes, moreSpecific)
	for i := 1; i < len(routes); i++ {
		if moreSpecific(routes[i-1], routes[i]) == 0 {
			return nil, fmt.Errorf("routes %q and %q take the same requests", routes[i-1].key, routes[i].key)
		}
	}
	return routes, nil
}

func compileRoute(r Route) (route, error) {
	compiled := route{Route: r, key: strings.TrimSpace(r.Method + " " + r.Path)}
	if r.Function == "" {
		return route{}, fmt.Errorf("route %q: no function", compiled.key)
	}
	if r.Timeout < 0 || r.Timeout > MaxTimeout {
		return route{}, fmt.Errorf("route %q: timeout %s is not between 0 and %s", compiled.key, r.Timeout, MaxTimeout)
	}
	if r.Timeout == 0 {
		compiled.Timeout = MaxTimeout
	}
	if r.Path == defaultRoute && r.Method == "" {
		return compiled, nil
	}
	rest, rooted := strings.CutPrefix(r.Path, "/")
	if !rooted || r.Method == "" {
		return route{}, fmt.Errorf("route %q: must be a method and a path, or $default", compiled.key)
	}
	parts := strings.Split(rest, "/")
	for i, part := range parts {
		s := readSegment(part)
		if s.kind == greedy && i < len(parts)-1 {
			return route{}, fmt.Errorf("route %q: %s must come last", compiled.key, part)
		}
		compiled.segments = append(compiled.segments, s)
	}
	return compiled, nil
}

func readSegment(part string) segment {
	name, opened := strings.CutPrefix(part, "{")
	name, closed := strings.CutSuffix(name, "}")
	if !opened || !closed {
		return segment{literal, part}
	}
	if all, is := strings.CutSuffix(name, "+"); is {
		return segment{greedy, all}
	}
	return segment{variable, name}
}

// moreSpecific compares segment by segment, then an exact method counts more than ANY. $default, which has no segments,
// comes last. Routes that compare as equal take the same requests.
func moreSpecific(a, b route) int {
	if (a.segments == nil) != (b.segments == nil) {
		return cmp.Compare(len(b.segments), len(a.segments))
	}
	for i := range min(len(a.segments), len(b.segments)) {
		if c := cmp.Compare(a.segments[i].kind, b.segments[i].kind); c != 0 {
			return c
		}
		if c := cmp.Compare(a.segments[i].text, b.segments[i].text); c != 0 && a.segments[i].kind == literal {
			return c
		}
	}
	if c := cmp.Compare(len(b.segments), len(a.segments)); c != 0 {
		return c
	}
	if (a.Method == anyMethod) != (b.Method == anyMethod) {
		if a.Method == anyMethod {
			return 1
		}
		return -1
	}
	return cmp.Compare(a.Method, b.Method)
}

// chooseRoute finds the route, or says 404.
func (h *Handler) chooseRoute(x *exchange) *reply {
	path, inStage := h.inStage(x.request.URL.Path)
	if inStage {
		for i := range h.routes {
			if parameters, is := h.routes[i].take(x.request.Method, path); is {
				x.match = match{&h.routes[i], parameters}
				return nil
			}
		}
	}
	return refusal(http.StatusNotFound)
}

// inStage takes the stage from the beginning of a path, unless it is $default.
func (h *Handler) inStage(path string) (string, bool) {
	if h.config.Stage == defaultStage {
		return path, true
	}
	rest, is := strings.CutPrefix(path, "/"+h.config.Stage)
	if !is || rest != "" && rest[0] != '/' {
		return "", false
	}
	return "/" + strings.TrimPrefix(rest, "/"), true
}

// take returns the values of the variables if the route takes this request. The path is decoded: API Gateway decodes
// before it chooses, so an encoded slash parts two segments (aws/aws-lambda-dotnet pull request 1901).
func (r *route) take(method, path string) (map[string]string, bool) {
	if r.segments == nil {
		return nil, true
	}
	rest, rooted := strings.CutPrefix(path, "/")
	if !rooted || r.Method != method && r.Method != anyMethod {
		return nil, false
	}
	parts := strings.Split(rest, "/")
	parameters := map[string]string{}
	for i, s := range r.segments {
		switch {
		case i >= len(parts):
			return nil, false
		case s.kind == literal && parts[i] != s.text:
			return nil, false
		case s.kind == literal:
		case parts[i] == "":
			return nil, false
		case s.kind == greedy:
			parameters[s.text] = strings.Join(parts[i:], "/")
			return parameters, true
		default:
			parameters[s.text] = parts[i]
		}
	}
	return parameters, len(parts) == len(r.segments)
}
