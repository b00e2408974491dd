package gateway

import (
	"encoding/json"
	"fmt"
	"strings"

	"serverlesschat/localtest/aws/jsonwalk"
)

// parseSelection returns the member of the body that expr selects routes by.
func parseSelection(expr string) (string, error) {
	name := expr
	if inner, ok := strings.CutPrefix(name, "${"); ok && strings.HasSuffix(inner, "}") {
		name = "$" + strings.TrimSuffix(inner, "}")
	}
	name, ok := strings.CutPrefix(name, "$request.body.")
	if !ok || name == "" || strings.ContainsAny(name, "${}.[] ") {
		return "", fmt.Errorf("selection expression %q: want $request.body.NAME", expr)
	}
	return name, nil
}

// route returns the route for a message; nil if there is none and no $default. What is not a JSON object goes to
// $default ("Create routes for WebSocket APIs", API Gateway Developer Guide).
func (g *Gateway) route(body []byte) *Route {
	if !json.Valid(body) {
		return g.fallback
	}
	raw, ok := jsonwalk.Member(body, g.member)
	if !ok {
		return g.fallback
	}
	key := raw // numbers, true and false are compared as they are written
	if raw[0] == '"' {
		var err error
		if key, err = jsonwalk.Unquote(raw); err != nil {
			return g.fallback
		}
	}
	route := g.routes[string(key)]
	if route == nil || route == g.connect || route == g.disconnect {
		return g.fallback
	}
	return route
}
