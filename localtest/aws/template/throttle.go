package template

import (
	"slices"
	"strconv"
)

// readRouteSettings sets the throttles of single routes, once all routes are known.
func (l *loader) readRouteSettings(s *System) {
	if s.WebSocket != nil {
		l.readSettingsOf(s.WebSocket.LogicalID, func(key string, throttle *Throttle) bool {
			i := slices.IndexFunc(s.WebSocket.Routes, func(r WebSocketRoute) bool { return r.Key == key })
			if i >= 0 {
				s.WebSocket.Routes[i].Throttle = throttle
			}
			return i >= 0
		})
	}
	if s.HTTP != nil {
		l.readSettingsOf(s.HTTP.LogicalID, func(key string, throttle *Throttle) bool {
			i := slices.IndexFunc(s.HTTP.Routes, func(r HTTPRoute) bool { return r.Key() == key })
			if i >= 0 {
				s.HTTP.Routes[i].Throttle = throttle
			}
			return i >= 0
		})
	}
}

// readSettingsOf hands the settings of each route of an API to set, which reports whether there is such a route.
func (l *loader) readSettingsOf(api string, set func(key string, throttle *Throttle) bool) {
	for _, f := range l.fields(l.get(l.byID[api].value, "RouteSettings")) {
		throttle := l.readThrottle(f.value)
		switch {
		case f.name == "$disconnect":
			l.report(f.key, "a throttle of $disconnect is not emulated")
		case !set(f.name, &throttle):
			l.report(f.key, "%q is not the key of a route of %s", f.name, api)
		}
	}
}

// readThrottle reads the settings of a stage or a route. AWS: without any, a stage has the account's 10,000 a second
// and 5,000 at once (API Gateway Developer Guide, quotas). With only some, the others may end at 0, which stops the API
// (hashicorp/terraform-provider-aws issue 14742). So both are asked for.
func (l *loader) readThrottle(settings *value) Throttle {
	t := Throttle{RateLimit: 10000, BurstLimit: 5000}
	if settings == nil {
		return t
	}
	t.BurstLimit = l.whole(l.required(settings, "ThrottlingBurstLimit"), t.BurstLimit, 0, 1<<31-1)
	rate := l.required(settings, "ThrottlingRateLimit")
	s := l.text(rate, "")
	if rate.kind == text {
		number, err := parseNumber(s)
		if err != nil || number < 0 {
			l.report(rate.node, "%s is not a rate", strconv.Quote(s))
		}
		t.RateLimit = number
	}
	return t
}
