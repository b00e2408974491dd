package fanout

import (
	"container/heap"
	"context"
	"time"

	"serverlesschat/internal/chat"
)

// push is one delivery under way. The Pusher's mutex guards it.
type push struct {
	ctx context.Context
	Delivery
	done chan struct{} // closed when it is over

	targets  []target
	fresh    []*target // may be called now, in order
	doubtful []*target // the same, for those in doubt
	waiting  waiting   // are called later
	pace     pace      // by the delivery's own rate
	calls    int       // under way
	left     int       // targets that are neither done nor given up
	ended    bool      // no further call begins
	reread   reread

	counts    Pushed
	gone      []chat.Subscription // to be removed
	failed    int                 // calls that failed
	cause     error               // of the first of them
	refused   int                 // calls that were forbidden
	forbidden error               // the first of them
}

// step is the next call for a target.
type step int

const (
	stepPost  step = iota
	stepCheck      // ask whether the gateway knows the connection
	stepClose
	stepRead // read the subscriptions of the push again; it is for no target of its own
)

// target is a recipient, and what is to be done for it.
type target struct {
	Recipient
	next   step
	frame  int       // index of the next frame
	due    time.Time // when the next call may begin; zero for at once
	done   bool      // it has got everything, is gone, or gets no more
	given  bool      // it is given up, and left to the rest
	busy   bool      // a call is under way
	readAt time.Time // when its subscription was read

	fails    int       // posts that failed, one after the other
	failedAt time.Time // when the last of them had begun

	cleanup bool // closing or expired: it gets no frame, and is owed none
	// inDoubt says that the fault seems to be the connection's own: whenever a post to it had failed since the time
	// "since", the gateway was seen to work.
	inDoubt bool
	since   time.Time
}

func newPush(ctx context.Context, d Delivery, now time.Time) *push {
	r := &push{ctx: ctx, Delivery: d, done: make(chan struct{}), targets: make([]target, len(d.Recipients))}
	readAt := d.ReadAt
	if readAt.After(now) {
		readAt = now // the clock of who read it is ahead
	}
	for i, recipient := range d.Recipients {
		t := &r.targets[i]
		t.Recipient, t.readAt = recipient, readAt
		if t.Closing || t.ExpiresAt.Before(now) {
			t.cleanup, t.next = true, stepClose
		} else if r.skipGot(t); t.frame == len(d.Frames) {
			t.done = true
			continue
		}
		r.left++
		r.ready(t)
	}
	return r
}

// skipGot moves a target on to the first frame that it has not got.
func (r *push) skipGot(t *target) {
	for t.frame < len(r.Frames) && r.Frames[t.frame].Last() <= t.Got {
		t.frame++
	}
}

// ready lets a target be called when it is due, after those that are ready already.
func (r *push) ready(t *target) {
	switch {
	case t.done:
	case !t.due.IsZero():
		heap.Push(&r.waiting, t)
	case t.isDoubtful():
		r.doubtful = append(r.doubtful, t)
	default:
		r.fresh = append(r.fresh, t)
	}
}

// isDoubtful reports whether the next call may well hang for the connection's own fault.
func (t *target) isDoubtful() bool { return t.inDoubt || t.cleanup || t.next != stepPost }

// pop returns a target that may be called now; nil when there is none, and then when there is one again: the zero time
// if that depends on what is under way. Those in doubt are few and have little time, so they come first. A target that
// is stale stays in its place: before it is called, the subscriptions are read again.
func (r *push) pop(now time.Time, doubtful bool) (t *target, when time.Time) {
	if r.ended || r.reread.underWay {
		return nil, time.Time{}
	}
	for len(r.waiting) > 0 && !r.waiting[0].due.After(now) {
		t := heap.Pop(&r.waiting).(*target)
		t.due = time.Time{}
		r.ready(t)
	}
	if len(r.waiting) > 0 {
		when = r.waiting[0].due
	}
	r.fresh, r.doubtful = withoutDone(r.fresh), withoutDone(r.doubtful)
	queue := &r.fresh
	if doubtful && len(r.doubtful) > 0 {
		queue = &r.doubtful
	}
	if len(*queue) == 0 {
		return nil, when
	}
	if r.Rate > 0 && r.pace.next.After(now) {
		return nil, r.pace.next
	}
	t = (*queue)[0]
	if t.isStale(now) {
		if r.reread.next.After(now) {
			return nil, r.reread.next
		}
		return t, time.Time{}
	}
	*queue = (*queue)[1:]
	return t, time.Time{}
}

// withoutDone returns a queue from its first target on that is not done.
func withoutDone(queue []*target) []*target {
	for len(queue) > 0 && queue[0].done {
		queue = queue[1:]
	}
	return queue
}

// finish marks a target as done with.
func (r *push) finish(t *target) {
	t.done = true
	r.left--
}

// giveUp leaves a target to the rest.
func (r *push) giveUp(t *target) {
	t.given = true
	r.left--
}

// remove finishes a target whose subscription is of no use any more.
func (r *push) remove(t *target) {
	r.finish(t)
	r.gone = append(r.gone, t.Subscription)
}

// waiting is a heap of targets, the one that is due first on top.
type waiting []*target

func (w waiting) Len() int           { return len(w) }
func (w waiting) Less(i, j int) bool { return w[i].due.Before(w[j].due) }
func (w waiting) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *waiting) Push(t any)        { *w = append(*w, t.(*target)) }
func (w *waiting) Pop() any {
	last := len(*w) - 1
	t := (*w)[last]
	(*w)[last] = nil
	*w = (*w)[:last]
	return t
}
