package fanout

import (
	"context"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// Worker does push jobs.
type Worker struct {
	log       roomlog.Log
	frames    func(chat.RoomID, []chat.Entry) []Frame
	deliverer Deliverer
	now       func() time.Time
}

// NewWorker makes a Worker. frames makes the frames that show entries. It is the same function as the one that made the
// frames of the delivery: from the same entries come the same frames.
func NewWorker(log roomlog.Log, frames func(chat.RoomID, []chat.Entry) []Frame, deliverer Deliverer, now func() time.Time) *Worker {
	return &Worker{log: log, frames: frames, deliverer: deliverer, now: now}
}

// Run does the job as far as it gets by its deadline. It returns the recipients that have not got everything, and the
// reason; all of them when it could not begin. An entry that has expired since the job was made is pushed to nobody.
func (w *Worker) Run(ctx context.Context, job Job) ([]Recipient, error) {
	if !job.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, job.Deadline)
		defer cancel()
	}
	entries, err := roomlog.ReadRange(ctx, w.log, job.Room, job.After, job.Last)
	if err != nil {
		return job.Recipients, fmt.Errorf("read push job: %w", err)
	}
	if entries = chat.Unexpired(entries, w.now()); len(entries) == 0 {
		return nil, nil
	}
	return w.deliverer.Deliver(ctx, Delivery{
		Room: job.Room, Frames: w.frames(job.Room, entries), Recipients: job.Recipients, ReadAt: job.ReadAt,
		Rate: job.Rate,
	})
}
