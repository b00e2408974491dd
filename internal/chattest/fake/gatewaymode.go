package fake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"serverlesschat/internal/fanout"
)

// GatewayMode is what every call to a Gateway comes to.
type GatewayMode int

const (
	Serving    GatewayMode = iota
	Throttling             // 429
	Failing                // 500
	Hanging                // no answer, also when it serves again meanwhile
	Away                   // nobody listens
	Forbidding             // 403
)

// CallTimeout bounds a call to a Gateway, as the client of the management API does.
const CallTimeout = 3 * time.Second

// Be makes the Gateway behave in a way from now on.
func (g *Gateway) Be(mode GatewayMode) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mode = mode
}

// Take makes each call take so long.
func (g *Gateway) Take(latency time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.latency = latency
}

// Limit makes calls fail with 429 that find no token in a bucket of burst tokens, to which perSecond are added each
// second: so API Gateway limits the calls of an account (quotas for WebSocket APIs). A call that fails takes none.
func (g *Gateway) Limit(perSecond, burst float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bucket = &tokenBucket{perSecond: perSecond, burst: burst, tokens: burst, at: time.Now()}
}

// serve takes the time of a call, and fails if the gateway does.
func (g *Gateway) serve(ctx context.Context, hangs bool) error {
	mode, latency := g.arrive()
	defer g.leave()
	switch {
	case mode == Away:
		return g.refused(errors.New("connect: connection refused"))
	case mode == Hanging || hangs:
		latency = 2 * CallTimeout
	}
	if latency > 0 {
		ctx, cancel := context.WithTimeout(ctx, CallTimeout)
		defer cancel()
		select {
		case <-time.After(latency):
		case <-ctx.Done():
			return g.refused(fmt.Errorf("no answer: %w", context.Cause(ctx)))
		}
	}
	switch mode {
	case Throttling:
		return g.refused(fanout.ErrThrottled)
	case Failing:
		return g.refused(errors.New("500: internal server error"))
	case Forbidding:
		return g.refused(fmt.Errorf("403: %w", fanout.ErrForbidden))
	}
	return nil
}

func (g *Gateway) arrive() (GatewayMode, time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	g.counts.Peak = max(g.counts.Peak, g.calls)
	mode := g.mode
	if mode == Serving && g.bucket != nil && !g.bucket.take(time.Now()) {
		mode = Throttling
	}
	return mode, g.latency
}

func (g *Gateway) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls--
}

func (g *Gateway) refused(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.counts.Refused++
	return err
}

type tokenBucket struct {
	perSecond, burst, tokens float64
	at                       time.Time
}

func (b *tokenBucket) take(now time.Time) bool {
	b.tokens = min(b.burst, b.tokens+now.Sub(b.at).Seconds()*b.perSecond)
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
