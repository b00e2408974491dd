package template

import (
	"slices"
	"strconv"
)

// readSystem reads what the evaluated resources describe. Values that have been reported come out empty.
func (l *loader) readSystem() *System {
	s := &System{
		StackName: l.opts.StackName, Region: l.opts.Region, AccountID: l.opts.AccountID, Parameters: l.parameters,
	}
	for _, r := range l.present(typeTable) {
		s.Tables = append(s.Tables, l.readTable(r))
	}
	for _, r := range l.present(typeQueue) {
		s.Queues = append(s.Queues, l.readQueue(r))
	}
	if r := l.one(typeWebSocketAPI); r != nil {
		s.WebSocket = l.readWebSocketAPI(r)
	}
	if r := l.one(typeHTTPAPI); r != nil {
		s.HTTP = l.readHTTPAPI(r)
	}
	for _, r := range l.present(typeFunction) {
		s.Functions = append(s.Functions, l.readFunction(r))
		l.readEvents(s, r)
	}
	l.readRouteResponses(s)
	l.readRouteSettings(s)
	return s
}

// one gives the only resource of a type: the local stack has one address for each kind of API.
func (l *loader) one(typ string) *resource {
	all := l.present(typ)
	if len(all) == 0 {
		return nil
	}
	for _, r := range all[1:] {
		l.report(r.key, "a second %s is not emulated, there is %s already", typ, all[0].id)
	}
	return all[0]
}

// find gives the resource of a type for which Ref or an attribute is what v says, and reports if there is none.
func (l *loader) find(v *value, typ, attribute string) *resource {
	s := l.text(v, "")
	if v == nil || v.kind != text {
		return nil
	}
	for _, r := range l.present(typ) {
		if known, is := l.attributes(r)[attribute]; is && known == s {
			return r
		}
	}
	if attribute == "" {
		attribute = "id"
	}
	l.report(v.node, "%q is not the %s of an %s of this template", s, attribute, typ)
	return nil
}

func idOf(r *resource) string {
	if r == nil {
		return ""
	}
	return r.id
}

func (l *loader) readQueue(r *resource) Queue {
	known := l.attributes(r)
	return Queue{LogicalID: r.id, Line: r.key.Line, Name: known["QueueName"], ARN: known["Arn"], URL: known["QueueUrl"]}
}

// readRouteSettings gives routes buckets of their own, when all routes are known.
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
		if !set(f.name, &throttle) {
			l.report(f.key, "%q is not the key of a route of %s", f.name, api)
		}
	}
}

// readThrottle reads the settings of a stage or a route. AWS: without any, a stage has the account's 10,000 a second and 5,000 at
// once (API Gateway Developer Guide, quotas); with only some, the others may end at 0, which stops the API
// (hashicorp/terraform-provider-aws issue 14742), so both are asked for.
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
