package fanout

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
)

// Promise 6: nothing reaches a connection later than 5 s after its subscription was removed. No post begins more than
// readTime after its subscription was read, and none takes longer than postTime. The second that is left is for clocks
// that differ, where one process reads and another one posts.
const (
	// readTime is how long after its subscription was read a post may begin. What is due later is read again before.
	readTime = 3 * time.Second
	// postTime is how long a post may take. One to a connection that works takes a small part of it.
	postTime = time.Second
)

// reread is how a push reads its subscriptions again. Meanwhile it begins no call: nearly all of them were read at once,
// so nearly all of them are stale at once.
type reread struct {
	underWay bool
	fails    int       // reads that failed, one after the other
	next     time.Time // when the next one may begin, after one that failed
}

// isStale reports whether the subscription is to be read again before the next call. Closing a connection that nobody
// can reach needs no subscription, nor does asking about it.
func (t *target) isStale(now time.Time) bool {
	return t.next == stepPost && now.Sub(t.readAt) >= readTime
}

// newRead begins to read the subscriptions of a push again: those of all targets that are to get something, also of
// those that a call is under way for, so that one read serves them all.
func (p *Pusher) newRead(r *push, now time.Time) *call {
	c := &call{push: r, step: stepRead, began: now}
	for i := range r.targets {
		if t := &r.targets[i]; !t.done && !t.given && !t.cleanup {
			c.read = append(c.read, t)
		}
	}
	p.calls++
	r.calls++
	r.reread.underWay = true
	return c
}

// read makes the call of a stepRead. What it reads of the targets does not change.
func (p *Pusher) read(ctx context.Context, c *call) (err error) {
	subscriptions := make([]chat.Subscription, len(c.read))
	for i, t := range c.read {
		subscriptions[i] = t.Subscription
	}
	c.current, err = p.subscriptions.Current(ctx, c.push.Room, subscriptions)
	return chat.Wrap("read subscriptions again", err)
}

// settleRead leaves out what is gone. The mutex is held.
func (p *Pusher) settleRead(c *call, err error) {
	r := c.push
	r.reread.underWay = false
	if err != nil {
		p.settleFailedRead(r, err)
		return
	}
	r.reread.fails = 0
	there := make(map[chat.ConnectionID]chat.Subscription, len(c.current))
	for _, s := range c.current {
		there[s.Connection] = s
	}
	for _, t := range c.read {
		s, ok := there[t.Connection]
		switch {
		case t.done || t.given:
		case ok:
			r.renew(t, s.Closing, c.began)
		case !t.busy: // else it is stale when its call is over
			r.finish(t)
		}
	}
}

// renew takes note that a subscription was there at a time. Another process may have marked it closing.
func (r *push) renew(t *target, closing bool, at time.Time) {
	t.readAt = at
	if closing && !t.busy {
		t.cleanup, t.next = true, stepClose
	}
}

// settleFailedRead lets the subscriptions be read once more after a while: without that no post may begin. For a sender
// it is too late then.
func (p *Pusher) settleFailedRead(r *push, err error) {
	r.noteFailure(err)
	if r.ctx.Err() != nil || r.Quick {
		r.ended = true
		return
	}
	r.reread.fails++
	r.reread.next = p.opts.Now().Add(p.backoff(r.reread.fails))
}
