package fanout

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"serverlesschat/internal/chat"
)

// Job is a part of a delivery for a worker: some of the recipients, and the entries after After up to Last, which are in
// the log for good.
type Job struct {
	Room        chat.RoomID
	After, Last chat.EntryID
	Recipients  []Recipient
	ReadAt      time.Time // as Delivery.ReadAt
	Rate        float64   // posts a second that the worker may make; 0 for as many as it can
	Deadline    time.Time // the worker answers by then, however far it is; zero for none
}

// Workers run push jobs elsewhere.
type Workers interface {
	// Run has the job done and waits for its end. It returns the recipients that may not have got everything, and the
	// reason; all of them when the worker as a whole fails. The reason is ErrForbidden when the gateway refuses the chat
	// itself.
	Run(ctx context.Context, job Job) (rest []Recipient, err error)
}

// ChunkOptions are the settings of a ChunkedDeliverer.
type ChunkOptions struct {
	Limit    int     // recipients that one process delivers to
	Parallel int     // workers side by side
	PostRate float64 // posts a second at most, of all workers together
	Now      func() time.Time
	Jitter   func() float64 // random in [0, 1)
}

// ChunkedDeliverer delivers to a few recipients itself and has workers deliver to many, a part each.
type ChunkedDeliverer struct {
	self    Deliverer
	workers Workers
	opts    ChunkOptions

	mu       sync.Mutex
	achieved float64 // posts a second of one worker, as was seen of late
}

var _ Deliverer = (*ChunkedDeliverer)(nil)

// NewChunkedDeliverer makes a ChunkedDeliverer. Up to Limit recipients, self delivers. Beyond that workers do, side by
// side, each to Limit recipients at most.
func NewChunkedDeliverer(self Deliverer, workers Workers, opts ChunkOptions) *ChunkedDeliverer {
	return &ChunkedDeliverer{self: self, workers: workers, opts: opts, achieved: guessedWorkerRate}
}

const (
	// guessedWorkerRate is what one worker is thought to achieve before any has answered: 64 posts of 20 ms side by side.
	guessedWorkerRate = 3200
	// answerTime is what a worker's answer may take to come back.
	answerTime = 500 * time.Millisecond
	// leastPartTime is what must be left for a part to be given out once more.
	leastPartTime = time.Second
	firstPartWait = 100 * time.Millisecond // before the rest of a part is given out again; doubled each time
	maxPartWait   = 2 * time.Second
)

// Deliver implements [Deliverer]. It waits for all workers, so that the room's order holds. What a worker leaves is given
// out again, and nothing else, for as long as there is time before the end of ctx.
func (c *ChunkedDeliverer) Deliver(ctx context.Context, d Delivery) ([]Recipient, error) {
	if d.Quick || len(d.Recipients) <= c.opts.Limit {
		return c.self.Deliver(ctx, d)
	}
	var (
		mu    sync.Mutex
		rest  []Recipient
		fails []error
		parts = evenParts(d.Recipients, c.opts.Limit)
		rate  = c.share(d.Rate, len(parts))
	)
	_ = chat.ForEach(ctx, parts, c.opts.Parallel, func(ctx context.Context, part []Recipient) error {
		left, err := c.deliverPart(ctx, d, part, rate)
		mu.Lock()
		defer mu.Unlock()
		rest = append(rest, left...)
		if err != nil {
			fails = append(fails, err)
		}
		return nil
	})
	if len(fails) == 0 {
		return nil, nil
	}
	return rest, fmt.Errorf("%d of %d parts failed, the first: %w", len(fails), len(parts), worst(fails))
}

// worst returns the error that says the most: a refusal, or else the first.
func worst(fails []error) error {
	for _, err := range fails {
		if errors.Is(err, ErrForbidden) {
			return err
		}
	}
	return fails[0]
}

// evenParts cuts recipients into as few parts as a limit allows. Their sizes differ by one at most.
func evenParts(recipients []Recipient, limit int) [][]Recipient {
	n := (len(recipients) + limit - 1) / limit
	parts := make([][]Recipient, n)
	for i := range parts {
		parts[i] = recipients[i*len(recipients)/n : (i+1)*len(recipients)/n]
	}
	return parts
}

// share returns how many posts a second each of so many workers may make.
func (c *ChunkedDeliverer) share(rate float64, workers int) float64 {
	if rate <= 0 || rate > c.opts.PostRate {
		rate = c.opts.PostRate
	}
	return rate / float64(min(workers, c.opts.Parallel))
}

// deliverPart has workers deliver to one part, one worker at a time, until nothing is left or there is no more time.
func (c *ChunkedDeliverer) deliverPart(ctx context.Context, d Delivery, part []Recipient, rate float64) ([]Recipient, error) {
	job := Job{
		Room: d.Room, After: d.Frames[0].First() - 1, Last: d.Frames[len(d.Frames)-1].Last(), Recipients: part, ReadAt: d.ReadAt,
		Rate: rate,
	}
	deadline, bounded := ctx.Deadline()
	if bounded {
		job.Deadline = deadline.Add(-answerTime)
	}
	for wait := firstPartWait; ; wait = min(2*wait, maxPartWait) {
		began := c.opts.Now()
		rest, err := c.workers.Run(ctx, job)
		if err == nil {
			rest = nil
		} else if len(rest) == 0 {
			rest = job.Recipients
		}
		now := c.opts.Now()
		wanted := postsLeft(d.Frames, job.Recipients)
		c.learn(wanted, wanted-postsLeft(d.Frames, rest), now.Sub(began), rate)
		pause := wait/2 + time.Duration(c.opts.Jitter()*float64(wait))
		late := bounded && now.Add(pause+leastPartTime).After(job.Deadline)
		if err == nil || late || errors.Is(err, ErrForbidden) || chat.Sleep(ctx, pause) != nil {
			return rest, err
		}
		job.Recipients = rest
	}
}

// postsLeft counts the posts that recipients are still owed.
func postsLeft(frames []Frame, recipients []Recipient) int {
	posts := 0
	for _, r := range recipients {
		for i := len(frames) - 1; i >= 0 && frames[i].Last() > r.Got; i-- {
			posts++
		}
	}
	return posts
}

const (
	// fullShare is from which part of its share on a worker is not what holds the posts up.
	fullShare = 0.8
	// leastMeasured is how long a job must take at the rate that it may make, so that more than its begin is measured.
	leastMeasured = 200 * time.Millisecond
)

// learn takes note of what a worker achieved that was to make posts, and made some of them, at up to share a second.
func (c *ChunkedDeliverer) learn(wanted, made int, took time.Duration, share float64) {
	if took <= 0 || float64(wanted) < share*leastMeasured.Seconds() {
		return
	}
	achieved := max(1, float64(made)/took.Seconds())
	c.mu.Lock()
	defer c.mu.Unlock()
	if achieved >= fullShare*share {
		c.achieved = max(c.achieved, achieved) // it might have made more
		return
	}
	c.achieved += (achieved - c.achieved) / 4
}

// Rate implements [Deliverer].
func (c *ChunkedDeliverer) Rate(recipients int) float64 {
	if recipients <= c.opts.Limit {
		return c.self.Rate(recipients)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	workers := min((recipients+c.opts.Limit-1)/c.opts.Limit, c.opts.Parallel)
	return min(c.opts.PostRate, float64(workers)*c.achieved)
}
