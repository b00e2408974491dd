package fanout

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"serverlesschat/internal/chat"
)

const (
	// drainPage is how many rows of the table of connections are read at once. All posts of a page, each of them failing,
	// end within the time of a job.
	drainPage = 250
	// drainPageTime is what must be left of a job's time when a page begins; else the next job begins with it.
	drainPageTime = 25 * time.Second
	// drainTries is how often a connection is tried that cannot be reached.
	drainTries = 2
)

// Drain asks the clients of all connections that were open when it began to move to new ones.
type Drain struct {
	Spread time.Duration // each client waits for a random part of it
	Began  time.Time     // a client that has moved since is not asked again; zero is now
	Cursor string        // where it goes on; empty at its begin
}

// OpenConnections finds connections.
type OpenConnections interface {
	// OpenConnections returns connections that were opened before a time, and where to go on; next is empty after the
	// last. It reads limit rows at most, so it may return none before the end.
	OpenConnections(ctx context.Context, before time.Time, cursor string, limit int) (ids []chat.ConnectionID, next string, err error)
}

// DrainJobs takes drains that are to go on later.
type DrainJobs interface {
	// DrainLater has a drain go on, by a job that is tried again until it succeeds. When it returns nil, the job is stored.
	DrainLater(ctx context.Context, d Drain) error
}

// DrainerOptions are the settings of a Drainer.
type DrainerOptions struct {
	Goodbye  func(chat.Goodbye) []byte
	Parallel int     // calls to the gateway side by side
	PostRate float64 // calls to the gateway a second, at most
	Now      func() time.Time
	Jitter   func() float64                // random in [0, 1)
	Observe  func(context.Context, Pushed) // is called after each page
}

// Drainer says goodbye to connections. It closes none: their clients do when they have moved.
type Drainer struct {
	poster Poster
	open   OpenConnections
	jobs   DrainJobs
	opts   DrainerOptions
}

// NewDrainer makes a Drainer.
func NewDrainer(poster Poster, open OpenConnections, jobs DrainJobs, opts DrainerOptions) *Drainer {
	return &Drainer{poster: poster, open: open, jobs: jobs, opts: opts}
}

// Drain is a try of a job: page by page it says goodbye to the connections. What it has no time for, and what fails
// after it has come some way, it leaves to a new job. A client may be asked twice: when a job runs twice, and when one
// is ended within a page. A client heeds the first.
//
// Errors: ErrForbidden when the gateway refuses the chat itself; CodeUnavailable when it does not work, or time is over;
// what the store and the queue return.
func (d *Drainer) Drain(ctx context.Context, drain Drain) error {
	if drain.Spread < 0 {
		return fmt.Errorf("drain: spread of %v", drain.Spread)
	}
	if drain.Began.IsZero() {
		drain.Began = d.opts.Now()
	}
	posts := &drainPosts{Drainer: d, spread: drain.Spread, rate: newRate()}
	for moved := false; ; moved = true {
		if end, ok := ctx.Deadline(); moved && ok && end.Sub(d.opts.Now()) < drainPageTime {
			return d.later(ctx, drain)
		}
		next, err := posts.page(ctx, drain)
		switch {
		case err != nil && moved:
			return d.later(ctx, drain)
		case err != nil || next == "":
			return err
		}
		drain.Cursor = next
	}
}

// later has a new job go on, also when the time of this one is over.
func (d *Drainer) later(ctx context.Context, drain Drain) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), queueTime)
	defer cancel()
	return chat.Wrap("send job", d.jobs.DrainLater(ctx, drain))
}

// page says goodbye to the connections of one page, and returns where the next one begins.
func (p *drainPosts) page(ctx context.Context, drain Drain) (next string, err error) {
	ids, next, err := p.open.OpenConnections(ctx, drain.Began, drain.Cursor, drainPage)
	if err != nil {
		return "", err
	}
	p.reached, p.failed, p.counts = 0, "", Pushed{}
	err = chat.ForEach(ctx, ids, p.opts.Parallel, p.tell)
	p.opts.Observe(ctx, p.counts)
	if err == nil && p.reached == 0 && p.failed != "" {
		err = p.check(ctx, p.failed)
	}
	return next, err
}

// check asks the gateway about a connection that could not be reached, like all others of its page. A gateway that
// answers is not what failed.
func (d *Drainer) check(ctx context.Context, id chat.ConnectionID) error {
	err := d.poster.Get(ctx, id)
	if err == nil || errors.Is(err, ErrGone) {
		return nil
	}
	if errors.Is(err, ErrForbidden) {
		return err
	}
	return &chat.Error{Code: chat.CodeUnavailable, Message: "the gateway does not work; try again", Err: err}
}

// drainPosts are the posts of one job.
type drainPosts struct {
	*Drainer
	spread time.Duration

	mu      sync.Mutex
	rate    *rate
	reached int               // connections of the page that were told, or are gone
	failed  chat.ConnectionID // one of the page that could not be told
	counts  Pushed            // of the page
}

// tell says goodbye to a connection. One that cannot be reached is left alone: its client misses no entry by it, and
// moves by reconnect_at. Its error is ErrForbidden, or CodeUnavailable when ctx ends.
func (p *drainPosts) tell(ctx context.Context, id chat.ConnectionID) error {
	after := time.Duration(p.opts.Jitter() * float64(p.spread))
	frame := p.opts.Goodbye(chat.Goodbye{Code: chat.GoodbyeShutdown, Reconnect: true, After: after})
	for try := 1; ; try++ {
		if err := chat.Sleep(ctx, p.turn()); err != nil {
			return err
		}
		err := p.poster.Post(ctx, id, frame)
		switch {
		case p.settle(id, err):
			return nil
		case errors.Is(err, ErrForbidden):
			return err
		case ctx.Err() != nil:
			return chat.OutOfTime(ctx)
		case try == drainTries:
			return nil
		}
		if err := chat.Sleep(ctx, firstWait+time.Duration(p.opts.Jitter()*float64(maxWait))); err != nil {
			return err
		}
	}
}

// turn returns how long a post has to wait for its turn.
func (p *drainPosts) turn() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.opts.Now()
	due := p.rate.pace.next
	p.rate.pace.took(now, p.rate.perSecond(now, p.opts.PostRate))
	return due.Sub(now)
}

// settle counts a post, and reports whether its connection needs no other.
func (p *drainPosts) settle(id chat.ConnectionID, err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts.Posts++
	switch {
	case err == nil:
	case errors.Is(err, ErrGone):
		p.counts.Gone++
	default:
		if errors.Is(err, ErrThrottled) {
			p.counts.Throttled++
		} else if !errors.Is(err, ErrForbidden) {
			p.counts.Failed++
		}
		p.failed = id
		p.rate.outcome(p.opts.Now(), false)
		return false
	}
	p.reached++
	p.rate.outcome(p.opts.Now(), true)
	return true
}
