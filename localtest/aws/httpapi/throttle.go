package httpapi

import "net/http"

// Limiter draws one token from a bucket and reports whether there was one. It is called from many goroutines. nil means
// no limit.
type Limiter func() bool

func (l Limiter) admits() bool { return l == nil || l() }

// Throttles are the token buckets of the API; those of single routes are in Route.Throttle.
type Throttles struct {
	// Stage bounds the requests to all routes together, without those of a route that has a bucket of its own.
	Stage Limiter
	// Account bounds all requests that a route takes. Other APIs may draw from the same bucket.
	Account Limiter
}

// limitRate draws from the bucket of the route or the stage, and then from the account's ("Throttle requests to your
// REST APIs for better throughput", API Gateway Developer Guide; for HTTP APIs the order is unconfirmed). What no route
// takes draws from none.
func (h *Handler) limitRate(x *exchange) *reply {
	limit := h.config.Throttles.Stage
	if own := x.match.route.Throttle; own != nil {
		limit = own
	}
	if limit.admits() && h.config.Throttles.Account.admits() {
		return nil
	}
	return refusal(http.StatusTooManyRequests)
}
