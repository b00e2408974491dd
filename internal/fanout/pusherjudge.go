package fanout

import (
	"errors"
	"time"
)

const (
	firstWait = 50 * time.Millisecond // before a post is tried again; doubled each time
	maxWait   = 500 * time.Millisecond
	quickWait = 50 * time.Millisecond // at most, for a sender
)

// settle draws the conclusions from a call that is over. The mutex is held, as for all methods of this file.
func (p *Pusher) settle(c *call, marked bool, err error) {
	r, t := c.push, c.target
	p.calls--
	r.calls--
	if c.doubtful {
		p.doubtful--
	}
	if c.step == stepRead {
		p.settleRead(c, err)
		p.finish(r)
		return
	}
	t.busy = false
	switch {
	case errors.Is(err, ErrForbidden):
		r.forbid(t, err)
	case c.step == stepClose:
		r.settleClose(t, marked, err)
	case errors.Is(err, ErrGone):
		r.counts.Gone++
		r.remove(t)
	case err != nil && r.ctx.Err() != nil:
		// It was cut off, which says nothing. The target is left to the rest.
	case c.step == stepCheck:
		p.settleCheck(c, err)
	case err != nil:
		p.settleFailedPost(c, err)
	default:
		p.settlePost(c)
	}
	if c.step == stepPost {
		r.counts.Posts++
	}
	p.finish(r)
}

func (p *Pusher) settlePost(c *call) {
	r, t, now := c.push, c.target, p.opts.Now()
	p.rate.outcome(now, true)
	p.rate.took(now.Sub(c.began))
	p.recent.add(t.Connection, now, true)
	frame := r.Frames[t.frame]
	r.counts.Deliveries += len(frame.Entries)
	t.Got, t.fails, t.inDoubt = frame.Last(), 0, false
	if t.frame++; t.frame == len(r.Frames) {
		r.finish(t)
		return
	}
	r.ready(t)
}

func (p *Pusher) settleFailedPost(c *call, err error) {
	r, t, now := c.push, c.target, p.opts.Now()
	r.countFailure(err)
	if !t.inDoubt {
		p.rate.outcome(now, false)
		p.recent.add(t.Connection, now, false)
	}
	t.fails++
	t.failedAt = c.began
	switch {
	case r.Quick && t.fails > 1:
		r.giveUp(t)
	case r.Quick:
		r.readyIn(t, now, time.Duration(p.opts.Jitter()*float64(quickWait)))
	default:
		p.judge(r, t, now)
	}
}

// judge says whose fault a failed post is, by what else happens in this process. The gateway's 429 does not say: either
// the account's rate is used up, or this client reads too slowly (API Gateway, model of PostToConnection). Where too
// little happens, the gateway is asked about the connection.
func (p *Pusher) judge(r *push, t *target, now time.Time) {
	switch p.recent.others(t.Connection, now) {
	case gatewayWorks:
		p.doubt(r, t, now)
	case gatewayFails:
		p.trust(r, t, now)
	case tooFewPosts:
		t.next = stepCheck
		r.ready(t)
	}
}

func (p *Pusher) settleCheck(c *call, err error) {
	r, t, now := c.push, c.target, p.opts.Now()
	t.next = stepPost
	if err != nil {
		r.countFailure(err)
		p.rate.outcome(now, false)
	}
	if err != nil || p.recent.others(t.Connection, now) == gatewayFails {
		p.trust(r, t, now)
		return
	}
	p.doubt(r, t, now)
}

// trust lets a target be tried again for as long as the delivery has time: the fault is ours.
func (p *Pusher) trust(r *push, t *target, now time.Time) {
	t.inDoubt = false
	r.readyIn(t, now, p.backoff(t.fails))
}

// doubt lets a target be tried again until its time is over, and then be closed: a connection must not miss an entry and
// stay, since its client could not know. It is never closed for a post that began before the gateway was seen to work.
func (p *Pusher) doubt(r *push, t *target, now time.Time) {
	if !t.inDoubt {
		t.inDoubt, t.since = true, t.failedAt
	} else if now.Sub(t.since) >= p.opts.Patience {
		t.next = stepClose
		r.ready(t)
		return
	}
	r.readyIn(t, now, min(p.backoff(t.fails), t.since.Add(p.opts.Patience).Sub(now)))
}

// backoff returns how long to wait after so many failures.
func (p *Pusher) backoff(fails int) time.Duration {
	wait := maxWait
	if fails < 5 {
		wait = min(maxWait, firstWait<<(fails-1))
	}
	return wait/2 + time.Duration(p.opts.Jitter()*float64(wait))
}

// readyIn lets a target be called after a while.
func (r *push) readyIn(t *target, now time.Time, wait time.Duration) {
	if wait > 0 {
		t.due = now.Add(wait)
	}
	r.ready(t)
}

func (r *push) settleClose(t *target, marked bool, err error) {
	switch {
	case err == nil && !marked || errors.Is(err, ErrGone):
		r.counts.Closed++
		r.remove(t)
	case marked || t.cleanup:
		r.finish(t) // whoever meets it next tries again
	case r.ctx.Err() == nil:
		r.countFailure(err)
		r.giveUp(t)
	}
}

// forbid ends the push: it is about us. No connection is given up for it, and no other call would fare better.
func (r *push) forbid(t *target, err error) {
	if t.cleanup && r.Quick {
		r.finish(t)
		return
	}
	r.ended = true
	r.refused++
	if r.forbidden == nil {
		r.forbidden = err
	}
}

func (r *push) countFailure(err error) {
	if errors.Is(err, ErrThrottled) {
		r.counts.Throttled++
	} else {
		r.counts.Failed++
	}
	r.noteFailure(err)
}

func (r *push) noteFailure(err error) {
	if r.failed++; r.cause == nil {
		r.cause = err
	}
}
