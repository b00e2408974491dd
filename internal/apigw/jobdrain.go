package apigw

import (
	"context"
	"time"

	"serverlesschat/internal/fanout"
)

// drain is the job that asks all clients to move to new connections.
const drain = "drain"

// drainFields are those of the job drain. The jobs finishMember, eraseRoom and eraseUser have a
// began_ms too.
type drainFields struct {
	SpreadMS int64  `json:"spread_ms,omitempty"`
	BeganMS  int64  `json:"began_ms,omitempty"` // since 1970: when its first job was sent; 0 where that is this one
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
	f := drainFields{SpreadMS: d.Spread.Milliseconds(), Cursor: d.Cursor}
	if !d.Began.IsZero() {
		f.BeganMS = d.Began.UnixMilli()
	}
	return q.send(ctx, job{Name: drain, drainFields: f}, 0)
}
