package fanout

import (
	"context"
	"errors"
	"slices"
	"time"

	"serverlesschat/internal/chat"
)

// call is one call to the gateway, or to the store for a stepRead, under way.
type call struct {
	push     *push
	target   *target // nil for a stepRead
	step     step
	doubtful bool
	began    time.Time
	bound    time.Duration       // it may take so long; 0 for as long as the Poster, or the store, lets it
	read     []*target           // whose subscriptions a stepRead reads
	current  []chat.Subscription // what it has found
}

// beginCalls begins all calls that may begin now, and sees to it that those that have to wait begin in time. The mutex is
// held, as for all methods of this file but work and makeCall.
func (p *Pusher) beginCalls() {
	for c := p.takeCall(); c != nil; c = p.takeCall() {
		go p.work(c)
	}
}

// work makes a call, and then others as long as there are any.
func (p *Pusher) work(c *call) {
	for c != nil {
		marked, err := p.makeCall(c)
		p.mu.Lock()
		p.settle(c, marked, err)
		if c = p.takeCall(); c != nil {
			p.beginCalls() // for there may be more: this one may have held up others
		}
		p.mu.Unlock()
	}
}

// takeCall returns the call that may begin now; nil when none may. The pushes take turns.
func (p *Pusher) takeCall() *call {
	if p.calls >= p.opts.Parallel || len(p.pushes) == 0 {
		return nil // what ends or begins looks again
	}
	now := p.opts.Now()
	if p.rate.pace.next.After(now) {
		p.lookAgain(now, p.rate.pace.next)
		return nil
	}
	var when time.Time
	for range p.pushes {
		p.turn = (p.turn + 1) % len(p.pushes)
		r := p.pushes[p.turn]
		t, next := r.pop(now, p.doubtful < maxDoubtful)
		if t != nil && t.isStale(now) {
			return p.newRead(r, now)
		}
		if t != nil {
			return p.newCall(r, t, now)
		}
		if !next.IsZero() && (when.IsZero() || next.Before(when)) {
			when = next
		}
	}
	if !when.IsZero() {
		p.lookAgain(now, when)
	}
	return nil
}

func (p *Pusher) newCall(r *push, t *target, now time.Time) *call {
	c := &call{push: r, target: t, step: t.next, doubtful: t.isDoubtful(), began: now, bound: p.bound(r, t, now)}
	p.calls++
	r.calls++
	t.busy = true
	if c.doubtful {
		p.doubtful++
	}
	p.rate.pace.took(now, p.rate.perSecond(now, p.opts.PostRate))
	if r.Rate > 0 {
		r.pace.took(now, p.rate.perSecond(now, r.Rate))
	}
	return c
}

// lookAgain looks for calls once more at the time "when".
func (p *Pusher) lookAgain(now, when time.Time) {
	if p.timer != nil {
		p.timer.Stop()
	}
	p.timer = time.AfterFunc(when.Sub(now), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.beginCalls()
	})
}

const (
	checkTime   = time.Second            // a gateway that works answers a check by then
	cleanupTime = time.Second            // for closing one that gets no frames anyway
	quickTime   = 200 * time.Millisecond // the same, when a sender waits for it
	// lastTime is for the last post to a connection in doubt, whose time is up when one that hangs returns.
	lastTime = 700 * time.Millisecond
)

// bound returns how long the next call for a target may take; 0 for as long as the Poster lets it.
func (p *Pusher) bound(r *push, t *target, now time.Time) time.Duration {
	switch {
	case t.next == stepCheck:
		return checkTime
	case t.cleanup && r.Quick:
		return quickTime
	case t.cleanup:
		return cleanupTime
	case t.next == stepPost && t.inDoubt:
		// A gateway that is slow for everybody must not look as if one connection were dead.
		return min(postTime, max(t.since.Add(p.opts.Patience+lastTime).Sub(now), lastTime, 4*p.rate.latency))
	case t.next == stepPost:
		return postTime
	}
	return 0
}

// makeCall makes the call. marked says that the connection could not be closed, and that its subscription is marked.
func (p *Pusher) makeCall(c *call) (marked bool, err error) {
	ctx, t := c.push.ctx, c.target
	if c.bound > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.bound)
		defer cancel()
	}
	switch c.step {
	case stepRead:
		return false, p.read(ctx, c)
	case stepPost:
		return false, p.poster.Post(ctx, t.Connection, c.push.Frames[t.frame].Data)
	case stepCheck:
		return false, p.poster.Get(ctx, t.Connection)
	}
	err = p.poster.Close(ctx, t.Connection)
	if err == nil || errors.Is(err, ErrGone) || errors.Is(err, ErrForbidden) || t.Closing || c.push.ctx.Err() != nil {
		return false, err
	}
	err = p.subscriptions.MarkClosing(c.push.ctx, t.Subscription)
	return err == nil, chat.Wrap("mark subscription closing", err)
}

// finish ends a push that has nothing left to do.
func (p *Pusher) finish(r *push) {
	i := slices.Index(p.pushes, r)
	if i < 0 || r.calls > 0 || r.left > 0 && !r.ended {
		return
	}
	p.pushes = slices.Delete(p.pushes, i, i+1)
	if i < p.turn {
		p.turn--
	}
	if len(p.pushes) == 0 && p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	close(r.done)
}
