package apigw_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
)

// connectEvent is a handshake with these headers and queries; single says that only the last value of each name is
// given, as by gateways other than AWS's.
func connectEvent(headers, query map[string][]string) events.APIGatewayWebsocketProxyRequest {
	event := events.APIGatewayWebsocketProxyRequest{
		Headers: last(headers), MultiValueHeaders: headers,
		QueryStringParameters: last(query), MultiValueQueryStringParameters: query,
	}
	event.RequestContext.ConnectionID = connectionID
	event.RequestContext.ConnectedAt = noon().UnixMilli()
	return event
}

func last(values map[string][]string) map[string]string {
	single := map[string]string{}
	for name, all := range values {
		single[name] = all[len(all)-1]
	}
	return single
}

type multi = map[string][]string

func TestConnectTakesATokenFromItsPlaces(t *testing.T) {
	for name, c := range map[string]struct {
		headers, query multi
		protocol       string
	}{
		"header":                      {headers: multi{"Authorization": {"Bearer good"}}},
		"header in lower case":        {headers: multi{"authorization": {"bearer good"}}},
		"header in capitals":          {headers: multi{"AUTHORIZATION": {"BEARER good"}}},
		"header with blanks":          {headers: multi{"Authorization": {"Bearer   good "}}},
		"header and protocol":         {headers: multi{"Authorization": {"Bearer good"}, "Sec-WebSocket-Protocol": {"chat.v1"}}, protocol: "chat.v1"},
		"header, other protocol":      {headers: multi{"Authorization": {"Bearer good"}, "Sec-WebSocket-Protocol": {"mqtt"}}},
		"subprotocol":                 {headers: multi{"Sec-WebSocket-Protocol": {"chat.v1, bearer.good"}}, protocol: "chat.v1"},
		"subprotocol, other order":    {headers: multi{"Sec-WebSocket-Protocol": {"bearer.good,chat.v1"}}, protocol: "chat.v1"},
		"subprotocol, name in a case": {headers: multi{"sec-websocket-protocol": {"chat.v1, bearer.good"}}, protocol: "chat.v1"},
		"subprotocol, two headers":    {headers: multi{"Sec-WebSocket-Protocol": {"chat.v1", "bearer.good"}}, protocol: "chat.v1"},
		"subprotocol in capitals":     {headers: multi{"Sec-WebSocket-Protocol": {"CHAT.V1, BEARER.good"}}, protocol: "CHAT.V1"},
		"subprotocol, with others":    {headers: multi{"Sec-WebSocket-Protocol": {"mqtt, chat.v2, chat.v1 ,bearer.good"}}, protocol: "chat.v1"},
		"header before subprotocol":   {headers: multi{"Authorization": {"Bearer good"}, "Sec-WebSocket-Protocol": {"chat.v1, bearer.bad"}}, protocol: "chat.v1"},
		"header before ticket":        {headers: multi{"Authorization": {"Bearer good"}}, query: multi{"ticket": {"x"}}},
		"other queries":               {headers: multi{"Authorization": {"Bearer good"}}, query: multi{"client": {"1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			store := newStore()
			reply, line := observe(t, apigw.Connect(opener(store), noTracker{}), connectEvent(c.headers, c.query))
			expect(t, "status", reply.StatusCode, http.StatusOK)
			expect(t, "subprotocol", reply.Headers["Sec-WebSocket-Protocol"], c.protocol)
			if c.protocol == "" && len(reply.Headers) > 0 {
				t.Errorf("headers %v", reply.Headers)
			}
			expect(t, "Connections", line["Connections"], 1.0)
			expect(t, "outcome", line["outcome"], "ok")
		})
	}
}

func TestConnectRefuses(t *testing.T) {
	for name, c := range map[string]struct{ headers, query multi }{
		"nothing":                     {},
		"no token":                    {headers: multi{"Host": {"chat.invalid"}, "Sec-WebSocket-Protocol": {"chat.v1"}}},
		"bad token":                   {headers: multi{"Authorization": {"Bearer " + secret}}},
		"empty header":                {headers: multi{"Authorization": {""}}},
		"scheme alone":                {headers: multi{"Authorization": {"Bearer"}}},
		"scheme and blank":            {headers: multi{"Authorization": {"Bearer "}}},
		"no scheme":                   {headers: multi{"Authorization": {secret}}},
		"other scheme":                {headers: multi{"Authorization": {"Basic good"}}},
		"two headers":                 {headers: multi{"Authorization": {"Bearer good", "Bearer good"}}},
		"two headers, one in a case":  {headers: multi{"Authorization": {"Bearer good"}, "authorization": {"Bearer good"}}},
		"two tokens in a header":      {headers: multi{"Authorization": {"Bearer good, Bearer good"}}},
		"bad header, good protocol":   {headers: multi{"Authorization": {"Bearer bad"}, "Sec-WebSocket-Protocol": {"chat.v1, bearer.good"}}},
		"bad protocol":                {headers: multi{"Sec-WebSocket-Protocol": {"chat.v1, bearer." + secret}}},
		"empty protocol":              {headers: multi{"Sec-WebSocket-Protocol": {"chat.v1, bearer."}}},
		"two protocols":               {headers: multi{"Sec-WebSocket-Protocol": {"chat.v1, bearer.good, bearer.good"}}},
		"two protocols, two headers":  {headers: multi{"Sec-WebSocket-Protocol": {"chat.v1, bearer.good", "bearer.good"}}},
		"two protocols, in two cases": {headers: multi{"Sec-WebSocket-Protocol": {"chat.v1, bearer.good, Bearer.good"}}},
		"ticket":                      {query: multi{"ticket": {secret}}},
		"two tickets":                 {query: multi{"ticket": {"good", "good"}}},
		"bad protocol, ticket":        {headers: multi{"Sec-WebSocket-Protocol": {"chat.v1, bearer.bad"}}, query: multi{"ticket": {"good"}}},
		"token in the query":          {query: multi{"token": {"good"}}},
		"access_token in the query":   {query: multi{"access_token": {"good"}}},
		"Token in the query":          {headers: multi{"Authorization": {"Bearer good"}}, query: multi{"Token": {"good"}}},
		"token in both":               {headers: multi{"Authorization": {"Bearer good"}}, query: multi{"token": {secret}}},
		"header of the name in query": {query: multi{"Authorization": {"Bearer good"}}},
	} {
		t.Run(name, func(t *testing.T) {
			store := newStore()
			reply, line := observe(t, apigw.Connect(opener(store), noTracker{}), connectEvent(c.headers, c.query))
			expect(t, "status", reply.StatusCode, http.StatusUnauthorized)
			expect(t, "code", object(t, reply.Body)["code"], "unauthorized")
			expect(t, "content type", reply.Headers["Content-Type"], "application/problem+json")
			expect(t, "outcome", line["outcome"], "unauthorized")
			expect(t, "Errors", line["Errors"], 1.0)
			if calls := beyondSession(store); len(calls) > 0 {
				t.Errorf("the store was called: %v", calls)
			}
		})
	}
}

// A browser could not use such a connection, so it should learn why there is none: the reason is in the log.
func TestConnectRefusesATokenWithoutTheProtocol(t *testing.T) {
	for name, headers := range map[string]multi{
		"a good token":      {"Sec-WebSocket-Protocol": {"bearer.good"}},
		"a bad token":       {"Sec-WebSocket-Protocol": {"bearer." + secret}},
		"an empty token":    {"Sec-WebSocket-Protocol": {"bearer."}},
		"two tokens":        {"Sec-WebSocket-Protocol": {"bearer.good, bearer.good"}},
		"other protocols":   {"Sec-WebSocket-Protocol": {"mqtt, chat.v2, chat.v11, bearer.good"}},
		"an Authorization":  {"Sec-WebSocket-Protocol": {"bearer.good"}, "Authorization": {"Bearer good"}},
		"prefix in a case":  {"Sec-WebSocket-Protocol": {"Bearer.good"}},
		"header in capital": {"SEC-WEBSOCKET-PROTOCOL": {"bearer.good"}},
	} {
		t.Run(name, func(t *testing.T) {
			store := newStore()
			reply, line := observe(t, apigw.Connect(opener(store), noTracker{}), connectEvent(headers, nil))
			expect(t, "status", reply.StatusCode, http.StatusBadRequest)
			expect(t, "code", object(t, reply.Body)["code"], "invalid")
			expect(t, "outcome", line["outcome"], "invalid")
			expect(t, "error", line["error"], "invalid Sec-WebSocket-Protocol: must hold chat.v1 beside bearer.TOKEN")
			if calls := beyondSession(store); len(calls) > 0 {
				t.Errorf("the store was called: %v", calls)
			}
		})
	}
}

// Gateways other than AWS's may leave the maps of many values out.
func TestConnectReadsSingleHeaders(t *testing.T) {
	event := connectEvent(multi{"sec-webSocket-protocol": {"chat.v1, bearer.good"}}, nil)
	event.MultiValueHeaders = nil
	reply, _ := observe(t, apigw.Connect(opener(newStore()), noTracker{}), event)
	expect(t, "status", reply.StatusCode, http.StatusOK)
	expect(t, "subprotocol", reply.Headers["Sec-WebSocket-Protocol"], "chat.v1")
}

func TestConnectStoresTheConnection(t *testing.T) {
	store := newStore()
	observe(t, apigw.Connect(opener(store), noTracker{}), connectEvent(multi{"Authorization": {"Bearer good"}}, nil))
	want := chat.Connection{ID: connectionID, User: "alice", ConnectedAt: noon(), TokenExpiresAt: noon().Add(time.Hour)}
	if !store.Open.ConnectedAt.Equal(want.ConnectedAt) {
		t.Errorf("connected at %s", store.Open.ConnectedAt)
	}
	if store.Open.ConnectedAt = want.ConnectedAt; *store.Open != want {
		t.Errorf("stored %+v, want %+v", store.Open, want)
	}
}

func TestConnectReportsWhatFailed(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"a defect":    {errBroken, http.StatusInternalServerError, "internal"},
		"unavailable": {chat.Errorf(chat.CodeUnavailable, "try again"), http.StatusServiceUnavailable, "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			store := failing(newStore(), "put connection", c.err)
			reply, line := observe(t, apigw.Connect(opener(store), noTracker{}), connectEvent(multi{"Authorization": {"Bearer good"}}, nil))
			expect(t, "status", reply.StatusCode, c.status)
			expect(t, "code", object(t, reply.Body)["code"], c.code)
			expect(t, "outcome", line["outcome"], c.code)
			expect(t, "Connections", line["Connections"], nil)
		})
	}
}

func TestDisconnect(t *testing.T) {
	for name, c := range map[string]struct {
		fail   error
		status int
	}{
		"done":   {nil, http.StatusOK},
		"failed": {errBroken, http.StatusInternalServerError},
	} {
		t.Run(name, func(t *testing.T) {
			store := failing(newStore(), "remove connection", c.fail)
			reply, line := observe(t, apigw.Disconnect(store, noTracker{}), connectEvent(nil, nil))
			expect(t, "status", reply.StatusCode, c.status)
			expect(t, "action", line["action"], "$disconnect")
			expect(t, "connection_id", line["connection_id"], connectionID)
			if want := []string{"connection", "remove connection " + connectionID}; c.fail == nil && !slices.Equal(store.Calls, want) {
				t.Errorf("calls %v", store.Calls)
			}
		})
	}
}

// noTracker follows no connections.
type noTracker struct{}

func (noTracker) Connected(context.Context, chat.UserID) error               { return nil }
func (noTracker) Gone(context.Context, chat.UserID, chat.ConnectionID) error { return nil }
