package apigw_test

import (
	"net/http"
	"testing"

	"serverlesschat/internal/apigw"
)

// A client learns no more than 401, so what its people need stands in the log.
const (
	noToken     = "unauthorized: a token is required"
	twoTokens   = "unauthorized: more than one token was given"
	notBearer   = "unauthorized: the Authorization header must be of the form Bearer TOKEN"
	notValid    = "unauthorized: the token is not valid"
	badTicket   = "unauthorized: the ticket is not valid"
	notInQuery  = "unauthorized: a token may not be in the query: queries end up in access logs"
	wsProtocols = "Sec-WebSocket-Protocol"
)

func TestTheLogSaysWhyAHandshakeIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		headers, query multi
		want           string
	}{
		"nothing":              {want: noToken},
		"no scheme":            {headers: multi{"Authorization": {secret}}, want: notBearer},
		"other scheme":         {headers: multi{"Authorization": {"Basic good"}}, want: notBearer},
		"a bad token":          {headers: multi{"Authorization": {"Bearer " + secret}}, want: notValid},
		"two headers":          {headers: multi{"Authorization": {"Bearer good", "Bearer good"}}, want: twoTokens},
		"two protocols":        {headers: multi{wsProtocols: {"chat.v1, bearer.good, bearer.good"}}, want: twoTokens},
		"a ticket":             {query: multi{"ticket": {secret}}, want: badTicket},
		"a ticket, bad token":  {headers: multi{"Authorization": {"Bearer bad"}}, query: multi{"ticket": {secret}}, want: notValid},
		"a token in the query": {headers: multi{"Authorization": {"Bearer good"}}, query: multi{"token": {secret}}, want: notInQuery},
	} {
		t.Run(name, func(t *testing.T) {
			reply, line := observe(t, apigw.Connect(opener(newStore()), noTracker{}), connectEvent(c.headers, c.query))
			expect(t, "status", reply.StatusCode, http.StatusUnauthorized)
			expect(t, "reason in the log", line["error"], c.want)
		})
	}
}

// The HTTP API joins repeated headers with commas.
func TestTheLogSaysWhyACallIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		headers map[string]string
		want    string
	}{
		"nothing":             {nil, noToken},
		"an empty header":     {map[string]string{"authorization": ""}, noToken},
		"other scheme":        {map[string]string{"authorization": "Basic good"}, notBearer},
		"a bad token":         {map[string]string{"authorization": "Bearer " + secret}, notValid},
		"two headers":         {map[string]string{"authorization": "Bearer good,Bearer good"}, twoTokens},
		"two headers, blank":  {map[string]string{"authorization": "Bearer good, Bearer good"}, twoTokens},
		"two names in a case": {map[string]string{"authorization": "Bearer good", "Authorization": "Bearer good"}, twoTokens},
	} {
		t.Run(name, func(t *testing.T) {
			reply, line := rest(t, newStore(), historyEvent("general", nil, c.headers))
			expect(t, "status", reply.StatusCode, http.StatusUnauthorized)
			expect(t, "reason in the log", line["error"], c.want)
		})
	}
}
