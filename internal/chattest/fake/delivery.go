package fake

import (
	"context"

	"serverlesschat/internal/fanout"
)

// Deliverer keeps what it is to deliver. Its calls are those of its Recorder.
type Deliverer struct {
	*Recorder // nil: no call is written down
	Got       []fanout.Delivery
	Err       error // what each delivery returns
}

var _ fanout.Deliverer = (*Deliverer)(nil)

// Deliver implements [fanout.Deliverer].
func (d *Deliverer) Deliver(_ context.Context, delivery fanout.Delivery) error {
	last := len(delivery.Entries) - 1
	if err := d.Call("deliver %d to %d", delivery.Entries[0].ID, delivery.Entries[last].ID); err != nil {
		return err
	}
	d.Got = append(d.Got, delivery)
	return d.Err
}

// Workers hands each job to Jobs and returns what comes from Results: so a test sees which jobs run side by side.
type Workers struct {
	Jobs    chan fanout.Job
	Results chan error
}

var _ fanout.Workers = (*Workers)(nil)

// NewWorkers makes Workers.
func NewWorkers() *Workers { return &Workers{Jobs: make(chan fanout.Job), Results: make(chan error)} }

// Run implements [fanout.Workers].
func (w *Workers) Run(_ context.Context, job fanout.Job) error {
	w.Jobs <- job
	return <-w.Results
}
