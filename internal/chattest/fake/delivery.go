package fake

import (
	"cmp"
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
)

// Deliverer keeps what it is to deliver. Its calls are those of its Recorder.
type Deliverer struct {
	*Recorder // nil: no call is written down
	Got       []fanout.Delivery
	Rest      []fanout.Recipient // what each delivery returns
	Err       error
	PerSecond float64       // what Rate returns; 0 means 8,000
	Took      time.Duration // how long each delivery takes
	Hang      bool          // whether each delivery waits for the end of its context, and fails then
	// Answer is what a delivery returns, instead of Rest and Err; it may be nil.
	Answer func(fanout.Delivery) ([]fanout.Recipient, error)
}

var _ fanout.Deliverer = (*Deliverer)(nil)

// Deliver implements [fanout.Deliverer].
func (d *Deliverer) Deliver(ctx context.Context, delivery fanout.Delivery) ([]fanout.Recipient, error) {
	if d.Took > 0 && chat.Sleep(ctx, d.Took) != nil {
		return delivery.Recipients, ctx.Err()
	}
	first, last := delivery.Frames[0].First(), delivery.Frames[len(delivery.Frames)-1].Last()
	if err := d.Call("deliver %d to %d", first, last); err != nil {
		return delivery.Recipients, err
	}
	d.Got = append(d.Got, delivery)
	switch {
	case d.Hang:
		<-ctx.Done()
		return delivery.Recipients, ctx.Err()
	case d.Answer != nil:
		return d.Answer(delivery)
	case d.Err != nil && d.Rest == nil:
		return delivery.Recipients, d.Err
	}
	return d.Rest, d.Err
}

// Rate implements [fanout.Deliverer].
func (d *Deliverer) Rate(int) float64 { return cmp.Or(d.PerSecond, 8000) }

// Workers hands each job to Jobs and returns what comes from Results: so a test sees which jobs run side by side.
type Workers struct {
	Jobs    chan fanout.Job
	Results chan WorkerResult
}

// WorkerResult is what a worker answers.
type WorkerResult struct {
	Rest []fanout.Recipient
	Err  error
}

var _ fanout.Workers = (*Workers)(nil)

// NewWorkers makes Workers.
func NewWorkers() *Workers {
	return &Workers{Jobs: make(chan fanout.Job), Results: make(chan WorkerResult)}
}

// Run implements [fanout.Workers].
func (w *Workers) Run(_ context.Context, job fanout.Job) ([]fanout.Recipient, error) {
	w.Jobs <- job
	result := <-w.Results
	return result.Rest, result.Err
}
