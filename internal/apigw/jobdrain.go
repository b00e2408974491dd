package apigw

import (
	"context"
	"time"

	"serverlesschat/internal/fanout"
)

// drain is the job that asks all clients to move to new connections.
const drain = "drain"

// drainFields are those of the job drain.
type drainFields struct {
	SpreadMS int64  `json:"spread_ms,omitempty"`
	Cursor   string `json:"cursor,omitempty"`
}

// drain returns the drain that a job asks for. It begins when its first job was sent, by the clock of AWS: a try that
// fails and comes again must not ask those once more who have moved meanwhile.
func (j job) drain() fanout.Drain {
	d := fanout.Drain{Spread: time.Duration(j.SpreadMS) * time.Millisecond, Began: j.sent, Cursor: j.Cursor}
	if j.BeganMS != 0 {
		d.Began = time.UnixMilli(j.BeganMS)
	}
	return d
}

// Drainer asks clients to move; errors as [fanout.Drainer.Drain].
type Drainer interface {
	Drain(ctx context.Context, d fanout.Drain) error
}

var _ fanout.DrainJobs = (*JobQueue)(nil)

// DrainLater implements [fanout.DrainJobs].
func (q *JobQueue) DrainLater(ctx context.Context, d fanout.Drain) error {
	j := job{Name: drain, drainFields: drainFields{SpreadMS: d.Spread.Milliseconds(), Cursor: d.Cursor}}
	if !d.Began.IsZero() {
		j.BeganMS = d.Began.UnixMilli()
	}
	return q.send(ctx, j, 0)
}
