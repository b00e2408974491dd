package fanout

import (
	"context"
	"slices"

	"serverlesschat/internal/chat"
)

// Job is a part of a delivery for a worker: some of the room's subscriptions, and the entries after After up to Last,
// which are in the log for good.
type Job struct {
	Room          chat.RoomID
	After, Last   chat.EntryID
	Subscriptions []chat.Subscription
}

// Workers run push jobs elsewhere.
type Workers interface {
	// Run has the job done and waits for its end. After an error the job may be done, done in part, or not done.
	Run(ctx context.Context, job Job) error
}

// ChunkedDeliverer delivers to a few subscriptions itself and has workers deliver to many, a chunk each.
type ChunkedDeliverer struct {
	self    Deliverer
	workers Workers
	limit   int
}

// NewChunkedDeliverer makes a ChunkedDeliverer. Up to limit subscriptions, self delivers. Beyond that workers do, side
// by side, each to limit subscriptions at most.
func NewChunkedDeliverer(self Deliverer, workers Workers, limit int) *ChunkedDeliverer {
	return &ChunkedDeliverer{self: self, workers: workers, limit: limit}
}

// Deliver implements [Deliverer]. It waits for all workers, so that the room's order holds.
func (c *ChunkedDeliverer) Deliver(ctx context.Context, d Delivery) error {
	if len(d.Subscriptions) <= c.limit {
		return c.self.Deliver(ctx, d)
	}
	var jobs []Job
	for part := range slices.Chunk(d.Subscriptions, c.limit) {
		jobs = append(jobs, Job{
			Room: d.Room, After: d.Entries[0].ID - 1, Last: d.Entries[len(d.Entries)-1].ID, Subscriptions: part,
		})
	}
	return forEach(ctx, jobs, len(jobs), c.workers.Run)
}
