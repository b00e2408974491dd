package gateway

import (
	"net/http"

	"github.com/gobwas/ws"
)

// Limiter draws one token from a bucket and reports whether there was one. It is called from many goroutines. nil means
// no limit.
type Limiter func() bool

func (l Limiter) admits() bool { return l == nil || l() }

// Throttles are the token buckets of the API; those of single routes are in Route.Throttle.
type Throttles struct {
	// Handshakes bounds new connections.
	Handshakes Limiter
	// Stage bounds handshakes and messages together, without those of a route that has a bucket of its own.
	Stage Limiter
	// Account bounds messages and management requests together. Other APIs may draw from the same bucket.
	Account Limiter
	// CloseClient closes a connection whose message is throttled (1008), after the error frame. AWS's documentation
	// names neither the frame nor the close code; which of them AWS sends is unconfirmed.
	CloseClient bool
}

// throttle returns the route's own bucket, or the stage's. A message that no route takes draws from the stage's too.
func (g *Gateway) throttle(route *Route) Limiter {
	if route != nil && route.Throttle != nil {
		return route.Throttle
	}
	return g.cfg.Throttles.Stage
}

// admitsHandshake draws for a new connection. What the stage refuses takes nothing from the quota of connections.
func (g *Gateway) admitsHandshake() bool {
	return g.throttle(g.connect).admits() && g.cfg.Throttles.Handshakes.admits()
}

// admitsMessage draws for a message. Settings of the stage and its routes come before the account's ("Throttle requests
// to your REST APIs for better throughput", API Gateway Developer Guide; for WebSocket APIs unconfirmed).
func (g *Gateway) admitsMessage(route *Route) bool {
	return g.throttle(route).admits() && g.cfg.Throttles.Account.admits()
}

// throttled answers a message that was not admitted.
func (c *connection) throttled(requestID string) {
	c.sendError(textThrottled, requestID)
	if c.g.cfg.Throttles.CloseClient {
		c.close(closing{code: ws.StatusPolicyViolation, reason: textThrottled})
	}
}

// limitExceeded is the answer to a management request that is throttled, or that finds the client's buffer full.
func limitExceeded(w http.ResponseWriter) {
	setHeader(w, "x-amzn-ErrorType", "LimitExceededException")
	w.WriteHeader(http.StatusTooManyRequests)
}
