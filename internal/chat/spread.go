package chat

import (
	"context"
	"fmt"
	"slices"
)

// PushJob is a part of a delivery for a worker: the entries after After up to Last, which are in the log for good, for
// some of the room's subscriptions.
type PushJob struct {
	Room          RoomID
	After, Last   EntryID
	Subscriptions []Subscription
}

// Workers run push jobs elsewhere.
type Workers interface {
	// Run has the job done and waits for it. An error means that it may be undone, or done in part.
	Run(ctx context.Context, job PushJob) error
}

// Spreader delivers to a few subscriptions itself and has workers deliver to many.
type Spreader struct {
	self    Deliverer
	workers Workers
	most    int
}

// NewSpreader makes a Spreader: up to most subscriptions are delivered to by self, beyond that by workers side by side,
// each with at most that many.
func NewSpreader(self Deliverer, workers Workers, most int) *Spreader {
	return &Spreader{self: self, workers: workers, most: most}
}

// Deliver implements [Deliverer]. It waits for all workers, so that the room's order holds.
func (s *Spreader) Deliver(ctx context.Context, d Delivery) error {
	if len(d.Subscriptions) <= s.most {
		return s.self.Deliver(ctx, d)
	}
	var jobs []PushJob
	for part := range slices.Chunk(d.Subscriptions, s.most) {
		jobs = append(jobs, PushJob{
			Room: d.Room, After: d.Entries[0].ID - 1, Last: d.Entries[len(d.Entries)-1].ID, Subscriptions: part,
		})
	}
	return forEach(ctx, jobs, len(jobs), s.workers.Run)
}

// PushWorker does push jobs.
type PushWorker struct {
	log       Log
	deliverer Deliverer
}

// NewPushWorker makes a PushWorker.
func NewPushWorker(log Log, deliverer Deliverer) *PushWorker {
	return &PushWorker{log: log, deliverer: deliverer}
}

// Run does the job. A missing entry is an error: the job is only made for entries that are there.
func (w *PushWorker) Run(ctx context.Context, job PushJob) error {
	entries, err := readRange(ctx, w.log, job.Room, job.After, job.Last)
	if err != nil {
		return fmt.Errorf("read push job: %w", err)
	}
	d := Delivery{Room: job.Room, Entries: entries, Subscriptions: job.Subscriptions}
	if len(d.Entries) == 0 {
		return nil
	}
	return w.deliverer.Deliver(ctx, d)
}
