package stack

import (
	"time"

	"golang.org/x/time/rate"

	"serverlesschat/localtest/aws/template"
)

// Quotas of an account in a Region ("Amazon API Gateway quotas", API Gateway Developer Guide). Some Regions have 2,500
// requests a second and 1,250 at once. The bucket of new connections has room for those of one second; its size is not
// published.
const (
	defaultAccountRate   = 10_000
	defaultAccountBurst  = 5_000
	defaultHandshakeRate = 500
)

// buckets are those of the account, which all its APIs share.
type buckets struct {
	now               func() time.Time
	requests, sockets func() bool
}

func newBuckets(o Options, now func() time.Time) buckets {
	b := buckets{now: now}
	b.requests = b.bucket(template.Throttle{RateLimit: float64(o.AccountRate), BurstLimit: o.AccountBurst})
	b.sockets = b.bucket(template.Throttle{RateLimit: float64(o.HandshakeRate), BurstLimit: o.HandshakeRate})
	return b
}

// bucket returns a function that takes a token and reports whether there was one. A rate or a burst of 0 stops all
// requests (hashicorp/terraform-provider-aws issue 14742: a stage with 0 refused every handshake).
func (b buckets) bucket(t template.Throttle) func() bool {
	if t.RateLimit == 0 {
		t.BurstLimit = 0
	}
	limiter := rate.NewLimiter(rate.Limit(t.RateLimit), t.BurstLimit)
	return func() bool { return limiter.AllowN(b.now(), 1) }
}

// ofRoute is nil for a route without settings: it draws from its stage's bucket.
func (b buckets) ofRoute(t *template.Throttle) func() bool {
	if t == nil {
		return nil
	}
	return b.bucket(*t)
}
