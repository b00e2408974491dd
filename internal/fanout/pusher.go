package fanout

import (
	"context"
	"errors"
	"time"

	"serverlesschat/internal/chat"
)

// PusherOptions are the settings of a Pusher.
type PusherOptions struct {
	Parallel int                                      // connections that are posted to side by side
	Frames   func(chat.RoomID, []chat.Entry) [][]byte // the frames that show entries, as few as fit, in order
	Now      func() time.Time
	Jitter   func() float64                // random in [0, 1)
	Observe  func(context.Context, Pushed) // is called after each delivery; may be nil
}

// Pusher brings entries to connections itself, one post at a time per connection.
type Pusher struct {
	poster        Poster
	subscriptions Subscriptions
	opts          PusherOptions
}

// NewPusher makes a Pusher.
func NewPusher(poster Poster, subscriptions Subscriptions, opts PusherOptions) *Pusher {
	return &Pusher{poster: poster, subscriptions: subscriptions, opts: opts}
}

// Deliver implements [Deliverer].
func (p *Pusher) Deliver(ctx context.Context, d Delivery) error {
	frames := p.opts.Frames(d.Room, d.Entries)
	counts := &tally{}
	err := forEach(ctx, d.Subscriptions, p.opts.Parallel, func(ctx context.Context, s chat.Subscription) error {
		return p.deliver(ctx, s, frames, len(d.Entries), counts)
	})
	if p.opts.Observe != nil {
		p.opts.Observe(ctx, counts.pushed(d.Entries, p.opts.Now()))
	}
	return err
}

// deliver brings all frames to one connection, or makes sure that it gets no more.
func (p *Pusher) deliver(ctx context.Context, s chat.Subscription, frames [][]byte, entries int, counts *tally) error {
	if s.Closing || s.ExpiresAt.Before(p.opts.Now()) {
		return p.close(ctx, s, counts)
	}
	for _, frame := range frames {
		posts, err := p.post(ctx, s.Connection, frame)
		counts.add(Pushed{Posts: posts})
		switch {
		case errors.Is(err, ErrGone):
			counts.add(Pushed{Gone: 1})
			return chat.Wrap("remove subscription", p.subscriptions.RemoveSubscription(ctx, s))
		case errors.Is(err, ErrForbidden):
			return err
		case ctx.Err() != nil:
			return chat.OutOfTime(ctx)
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

// post tries a few times, for about a second in all, and returns how often it tried. The gateway refuses a post when
// the account's rate is used up, and also when the client reads too slowly. It does not say which.
func (p *Pusher) post(ctx context.Context, id chat.ConnectionID, frame []byte) (posts int, err error) {
	wait := firstPostWait
	for posts = 1; ; posts++ {
		err = p.poster.Post(ctx, id, frame)
		if err == nil || errors.Is(err, ErrGone) || errors.Is(err, ErrForbidden) || posts == postAttempts {
			return posts, err
		}
		if err := chat.Sleep(ctx, wait/2+time.Duration(p.opts.Jitter()*float64(wait))); err != nil {
			return posts, err
		}
		wait *= 2
	}
}

// close ends a connection that could not be reached. When it returns nil, the connection is gone or gets no more
// pushes. The pushed id moves only after that.
func (p *Pusher) close(ctx context.Context, s chat.Subscription, counts *tally) error {
	err := p.poster.Close(ctx, s.Connection)
	switch {
	case err == nil || errors.Is(err, ErrGone):
		counts.add(Pushed{Closed: 1})
		return chat.Wrap("remove subscription", p.subscriptions.RemoveSubscription(ctx, s))
	case errors.Is(err, ErrForbidden):
		return err // it is about us: nobody is given up for it
	case s.Closing:
		return nil // tried again with the next push
	}
	return chat.Wrap("mark subscription closing", p.subscriptions.MarkClosing(ctx, s))
}
