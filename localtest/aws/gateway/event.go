package gateway

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"serverlesschat/localtest/aws/edge"
)

// Events are put together by hand: encoding/json takes several times as long for the same bytes, and order and presence
// of the keys can be seen here. The shapes are those of events captured in 2024 (aws-lambda-go, events/testdata,
// apigw-websocket-request-*.json), which leave out what does not apply.

// requestContext is what differs between the events of a connection.
type requestContext struct {
	routeKey  string
	eventType string
	requestID string
	messageID string   // MESSAGE only
	end       *closing // DISCONNECT only
}

// appendContext appends "requestContext":{…}.
func (g *Gateway) appendContext(dst []byte, c *connection, rc requestContext) []byte {
	now := g.cfg.Now().UTC()
	dst = appendString(append(dst, `"requestContext":{"routeKey":`...), rc.routeKey)
	if rc.messageID != "" {
		dst = appendString(append(dst, `,"messageId":`...), rc.messageID)
	}
	if rc.end != nil {
		dst = strconv.AppendInt(append(dst, `,"disconnectStatusCode":`...), int64(rc.end.code), 10)
		dst = appendString(append(dst, `,"disconnectReason":`...), rc.end.reason)
	}
	dst = appendString(append(dst, `,"eventType":`...), rc.eventType)
	dst = appendString(append(dst, `,"extendedRequestId":`...), rc.requestID)
	dst = now.AppendFormat(append(dst, `,"requestTime":"`...), "02/Jan/2006:15:04:05 -0700")
	dst = appendString(append(dst, `","messageDirection":"IN","stage":`...), g.cfg.Stage)
	dst = strconv.AppendInt(append(dst, `,"connectedAt":`...), c.connectedAt.UnixMilli(), 10)
	dst = strconv.AppendInt(append(dst, `,"requestTimeEpoch":`...), now.UnixMilli(), 10)
	dst = appendString(append(dst, `,"requestId":`...), rc.requestID)
	dst = appendString(append(dst, `,"domainName":`...), g.cfg.DomainName)
	dst = appendString(append(dst, `,"connectionId":`...), c.id)
	dst = appendString(append(dst, `,"apiId":`...), g.cfg.APIID)
	dst = append(dst, ',')
	return append(c.appendIdentity(dst), '}')
}

// appendIdentity appends "identity":{…}, which events and the management API show alike.
func (c *connection) appendIdentity(dst []byte) []byte {
	dst = appendString(append(dst, `"identity":{"sourceIp":`...), c.sourceIP)
	if c.userAgent != "" {
		dst = appendString(append(dst, `,"userAgent":`...), c.userAgent)
	}
	return append(dst, '}')
}

// eventBytes is the size of an event without body, headers and user agent, generously.
const eventBytes = 768

func (g *Gateway) messageEvent(c *connection, routeKey, requestID string, body []byte) []byte {
	dst := make([]byte, 0, eventBytes+len(c.userAgent)+len(body)+len(body)/4)
	dst = g.appendContext(append(dst, '{'), c, requestContext{
		routeKey: routeKey, eventType: "MESSAGE", requestID: requestID, messageID: g.cfg.NewID(),
	})
	dst = appendString(append(dst, `,"body":`...), body)
	return append(dst, `,"isBase64Encoded":false}`...)
}

func (g *Gateway) connectEvent(c *connection, requestID string, r *http.Request) []byte {
	dst := appendMulti([]byte{'{'}, "headers", "multiValueHeaders", connectHeaders(r, c, requestID))
	// A query that cannot be read in full counts for what can be read of it.
	if query, _ := url.ParseQuery(r.URL.RawQuery); len(query) > 0 {
		dst = appendMulti(dst, "queryStringParameters", "multiValueQueryStringParameters", query)
	}
	dst = g.appendContext(dst, c, requestContext{routeKey: "$connect", eventType: "CONNECT", requestID: requestID})
	return append(dst, `,"isBase64Encoded":false}`...)
}

func (g *Gateway) disconnectEvent(c *connection, requestID string) []byte {
	dst := appendMulti([]byte{'{'}, "headers", "multiValueHeaders", map[string][]string{
		"Host": {g.cfg.DomainName}, "x-api-key": {""}, "X-Forwarded-For": {""}, "x-restapi": {""},
	})
	dst = g.appendContext(dst, c, requestContext{
		routeKey: "$disconnect", eventType: "DISCONNECT", requestID: requestID, end: &c.end,
	})
	return append(dst, `,"isBase64Encoded":false}`...)
}

// appendMulti appends values under two keys, each with a comma behind it: the last of each name, and all of them.
func appendMulti(dst []byte, single, multi string, values map[string][]string) []byte {
	names := slices.Sorted(maps.Keys(values))
	dst = append(appendString(dst, single), ':')
	for i, name := range names {
		dst = appendString(append(dst, "{,"[min(i, 1)]), valid(name))
		dst = appendString(append(dst, ':'), valid(values[name][len(values[name])-1]))
	}
	dst = append(appendString(append(dst, '}', ','), multi), ':')
	for i, name := range names {
		dst = appendString(append(dst, "{,"[min(i, 1)]), valid(name))
		dst = append(dst, ':')
		for j, value := range values[name] {
			dst = appendString(append(dst, "[,"[min(j, 1)]), valid(value))
		}
		dst = append(dst, ']')
	}
	return append(dst, '}', ',')
}

// connectHeaders returns the headers of the handshake as the CONNECT event shows them: spelt as the client spelt them,
// with what the front of API Gateway adds, without what belongs to the hop.
func connectHeaders(r *http.Request, c *connection, requestID string) map[string][]string {
	headers := make(map[string][]string, len(r.Header)+5)
	spelling := edge.Spelling(r)
	for name, values := range r.Header {
		if edge.IsHopByHop(name) || name == "X-Forwarded-For" {
			continue
		}
		if written, known := spelling[name]; known {
			name = written
		} else if rest, ok := strings.CutPrefix(name, "Sec-Websocket-"); ok {
			name = "Sec-WebSocket-" + rest // as in RFC 6455
		}
		headers[name] = values
	}
	headers["Host"] = []string{r.Host}
	forwarded := append(slices.Clone(r.Header["X-Forwarded-For"]), c.sourceIP)
	headers["X-Forwarded-For"] = []string{strings.Join(forwarded, ", ")}
	headers["X-Forwarded-Port"] = []string{"443"}
	headers["X-Forwarded-Proto"] = []string{"https"}
	if r.Header["X-Amzn-Trace-Id"] == nil {
		headers["X-Amzn-Trace-Id"] = []string{edge.TraceID(c.connectedAt, requestID)}
	}
	return headers
}
