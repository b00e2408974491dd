package fanout

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"serverlesschat/internal/chat"
)

// PusherOptions are the settings of a Pusher. Its limits hold for all its deliveries together.
type PusherOptions struct {
	Parallel int           // calls to the gateway side by side
	PostRate float64       // calls to the gateway a second, at most
	Patience time.Duration // from a connection's first failure to its end, when the fault is its own
	Now      func() time.Time
	Jitter   func() float64                // random in [0, 1)
	Observe  func(context.Context, Pushed) // is called after each delivery; may be nil
}

// Pusher brings frames to connections itself, one post at a time per connection. A process has one: only then are its
// limits those of the process, and only then does it see what else happens there when it judges whose fault a failure is.
//
// Deliveries take turns, so that a large room holds up no small one. A connection that waits to be tried again holds
// nothing.
type Pusher struct {
	poster        Poster
	subscriptions Subscriptions
	opts          PusherOptions

	mu       sync.Mutex
	pushes   []*push // under way
	turn     int     // index of the push whose turn it is
	calls    int     // under way
	doubtful int     // those of them for connections that are in doubt
	rate     *rate
	recent   *recent
	timer    *time.Timer // begins calls that have to wait; nil when none has to
}

var _ Deliverer = (*Pusher)(nil)

// NewPusher makes a Pusher.
func NewPusher(poster Poster, subscriptions Subscriptions, opts PusherOptions) *Pusher {
	return &Pusher{
		poster: poster, subscriptions: subscriptions, opts: opts,
		rate: newRate(), recent: newRecent(),
	}
}

// Rate implements [Deliverer].
func (p *Pusher) Rate(int) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return min(p.rate.perSecond(p.opts.Now(), p.opts.PostRate), float64(p.opts.Parallel)/p.rate.latency.Seconds())
}

// Deliver implements [Deliverer]. It tries until ctx ends; calls that are under way then are cut off. Its error is
// ErrForbidden, at once, when the gateway refuses the chat itself, else CodeUnavailable.
func (p *Pusher) Deliver(ctx context.Context, d Delivery) ([]Recipient, error) {
	r := newPush(ctx, d, p.opts.Now())
	p.begin(r)
	defer context.AfterFunc(ctx, func() { p.end(r) })()
	<-r.done
	rest, err := r.result()
	if p.opts.Observe != nil {
		if len(rest) == 0 {
			r.counts.Latencies = latencies(d.Frames, p.opts.Now())
		}
		p.opts.Observe(ctx, r.counts)
	}
	p.removeGone(ctx, r.gone)
	return rest, err
}

// removeGone removes subscriptions that get nothing any more. It is upkeep: the push that meets one of them again does
// it again, so a failure fails nothing.
func (p *Pusher) removeGone(ctx context.Context, gone []chat.Subscription) {
	_ = chat.ForEach(ctx, gone, min(p.opts.Parallel, upkeepParallel), p.subscriptions.RemoveSubscription)
}

const (
	// upkeepParallel is how many store calls for upkeep a delivery makes side by side.
	upkeepParallel = 16
	// maxDoubtful is how many calls may be under way for connections that are in doubt. Each may hang for seconds; the
	// other calls are left to everybody else.
	maxDoubtful = 16
)

// begin lets a push take its turns.
func (p *Pusher) begin(r *push) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pushes = append(p.pushes, r)
	p.finish(r)
	p.beginCalls()
}

// end lets no further call of the push begin.
func (p *Pusher) end(r *push) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.ended = true
	p.finish(r)
	p.beginCalls()
}

// result returns who has not got everything, and why. The push is over.
func (r *push) result() ([]Recipient, error) {
	var rest []Recipient
	for i := range r.targets {
		if !r.targets[i].done {
			rest = append(rest, r.targets[i].Recipient)
		}
	}
	if r.forbidden != nil {
		return rest, fmt.Errorf("%d recipients are left, %d calls were refused: %w", len(rest), r.refused, r.forbidden)
	}
	if len(rest) == 0 {
		return nil, nil
	}
	err := context.Cause(r.ctx)
	if r.failed > 0 {
		err = errors.Join(err, fmt.Errorf("%d calls failed, the first: %w", r.failed, r.cause))
	}
	return rest, &chat.Error{
		Code: chat.CodeUnavailable, Message: "not everybody could be reached; try again",
		Err: fmt.Errorf("%d recipients are left: %w", len(rest), err),
	}
}
