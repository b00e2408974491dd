package chat

import (
	"context"
	"errors"
	"sync"
	"time"
)

var (
	// ErrGone is returned by a Gateway when the connection does not exist any more.
	ErrGone = errors.New("connection is gone")
	// ErrForbidden is returned by a Gateway that refuses us, whatever the connection: a right or an address is wrong. No
	// connection may be given up for it.
	ErrForbidden = errors.New("not allowed to reach connections")
)

// Gateway reaches open connections.
type Gateway interface {
	// Post sends one frame to the connection, once, without trying again. Its error is ErrGone when there is no such
	// connection, ErrForbidden when the gateway refuses us.
	Post(ctx context.Context, id ConnectionID, frame []byte) error
	// Close ends the connection. Its error is ErrGone when there is none.
	Close(ctx context.Context, id ConnectionID) error
}

// PusherOptions are what a Pusher may be told.
type PusherOptions struct {
	Parallel int                            // connections that are posted to side by side
	Frames   func(RoomID, []Entry) [][]byte // the frames that show entries, as few as fit, in order
	Now      func() time.Time
	Jitter   func() float64                // random in [0, 1)
	Observe  func(context.Context, Pushed) // is told of each delivery; nil for nobody
}

// Pushed counts what one delivery took.
type Pushed struct {
	Posts      int
	Deliveries int // entries times connections that got them
	Gone       int
	Closed     int             // connections closed because they could not be reached
	Latencies  []time.Duration // from an entry's creation to the end of its push, per entry
}

// Pusher brings entries to connections itself, one post at a time per connection.
type Pusher struct {
	gateway       Gateway
	subscriptions FanoutSubscriptions
	opts          PusherOptions
}

// NewPusher makes a Pusher.
func NewPusher(gateway Gateway, subscriptions FanoutSubscriptions, opts PusherOptions) *Pusher {
	return &Pusher{gateway: gateway, subscriptions: subscriptions, opts: opts}
}

// Deliver implements [Deliverer].
func (p *Pusher) Deliver(ctx context.Context, d Delivery) error {
	frames := p.opts.Frames(d.Room, d.Entries)
	counts := &tally{}
	err := forEach(ctx, d.Subscriptions, p.opts.Parallel, func(ctx context.Context, s Subscription) error {
		return p.deliver(ctx, s, frames, len(d.Entries), counts)
	})
	if p.opts.Observe != nil {
		p.opts.Observe(ctx, counts.pushed(d.Entries, p.opts.Now()))
	}
	return err
}

// deliver brings all frames to one connection, or makes sure that it gets no more.
func (p *Pusher) deliver(ctx context.Context, s Subscription, frames [][]byte, entries int, counts *tally) error {
	if s.Closing || s.ExpiresAt.Before(p.opts.Now()) {
		return p.close(ctx, s, counts)
	}
	for _, frame := range frames {
		posts, err := p.post(ctx, s.Connection, frame)
		counts.add(Pushed{Posts: posts})
		switch {
		case errors.Is(err, ErrGone):
			counts.add(Pushed{Gone: 1})
			return wrap("remove subscription", p.subscriptions.RemoveSubscription(ctx, s))
		case errors.Is(err, ErrForbidden):
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			// A connection must not miss an entry and stay: its client could not know.
			return p.close(ctx, s, counts)
		}
	}
	counts.add(Pushed{Deliveries: entries})
	return nil
}

const (
	postAttempts  = 5
	firstPostWait = 50 * time.Millisecond
)

// post tries a few times, for about a second in all, and reports how often it did. The gateway refuses a post when the account's rate
// is used up or when the client reads too slowly, and does not say which.
func (p *Pusher) post(ctx context.Context, id ConnectionID, frame []byte) (posts int, err error) {
	wait := firstPostWait
	for posts = 1; ; posts++ {
		err = p.gateway.Post(ctx, id, frame)
		if err == nil || errors.Is(err, ErrGone) || errors.Is(err, ErrForbidden) || posts == postAttempts {
			return posts, err
		}
		if err := sleep(ctx, wait/2+time.Duration(p.opts.Jitter()*float64(wait))); err != nil {
			return posts, err
		}
		wait *= 2
	}
}

// close ends a connection that could not be reached; in this order, so that it is gone, or gets no more pushes, before
// the position moves.
func (p *Pusher) close(ctx context.Context, s Subscription, counts *tally) error {
	err := p.gateway.Close(ctx, s.Connection)
	switch {
	case err == nil || errors.Is(err, ErrGone):
		counts.add(Pushed{Closed: 1})
		return wrap("remove subscription", p.subscriptions.RemoveSubscription(ctx, s))
	case s.Closing:
		return nil // tried again with the next push
	}
	return wrap("mark subscription closing", p.subscriptions.MarkClosing(ctx, s))
}

// tally adds up Pushed from many goroutines.
type tally struct {
	mu  sync.Mutex
	sum Pushed
}

func (t *tally) add(p Pushed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Posts += p.Posts
	t.sum.Deliveries += p.Deliveries
	t.sum.Gone += p.Gone
	t.sum.Closed += p.Closed
}

func (t *tally) pushed(entries []Entry, now time.Time) Pushed {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := t.sum
	for _, e := range entries {
		sum.Latencies = append(sum.Latencies, now.Sub(e.CreatedAt))
	}
	return sum
}
