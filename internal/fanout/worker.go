package fanout

import (
	"context"
	"fmt"

	"serverlesschat/internal/roomlog"
)

// Worker does push jobs.
type Worker struct {
	log       roomlog.Log
	deliverer Deliverer
}

// NewWorker makes a Worker.
func NewWorker(log roomlog.Log, deliverer Deliverer) *Worker {
	return &Worker{log: log, deliverer: deliverer}
}

// Run does the job. A missing entry is an error: the job is only made for entries that are there.
func (w *Worker) Run(ctx context.Context, job Job) error {
	entries, err := roomlog.ReadRange(ctx, w.log, job.Room, job.After, job.Last)
	if err != nil {
		return fmt.Errorf("read push job: %w", err)
	}
	d := Delivery{Room: job.Room, Entries: entries, Subscriptions: job.Subscriptions}
	if len(d.Entries) == 0 {
		return nil
	}
	return w.deliverer.Deliver(ctx, d)
}
