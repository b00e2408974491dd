package fanout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

const (
	// retryDelay is how long a room that failed waits for its job's first try.
	retryDelay = time.Second
	// jobTime is longer than a try of a job takes, and than the queue is late with it.
	jobTime = 75 * time.Second
	// queueTime bounds the calls that put a room into the queue.
	queueTime = 3 * time.Second
)

// QueuedError is returned when a room could not be pushed now and a job for it is in the queue.
type QueuedError struct {
	Err error // why
}

// Error returns the text for logs.
func (e *QueuedError) Error() string { return "left to a job: " + e.Err.Error() }

// Unwrap returns why.
func (e *QueuedError) Unwrap() error { return e.Err }

// queue has a job do the rest. The job is sent before the head tells of it: other wakes leave the room only to a job that
// is in the queue.
func (k *wake) queue(ctx context.Context, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), queueTime)
	defer cancel()
	delay := retryDelay
	if errors.Is(cause, ErrTimeOver) {
		delay = 0
	}
	if err := k.jobs.PushLater(ctx, k.room, delay); err != nil {
		return errors.Join(cause, fmt.Errorf("send job: %w", err))
	}
	if k.mayMark {
		// Without the mark the room may get more jobs than one, which does no harm.
		_ = k.store.Mark(ctx, k.room, k.held, k.id, k.opts.Now().Add(delay+jobTime))
	}
	return &QueuedError{cause}
}

// Finish is a try of a job: it pushes all that lies in the room's log. retry is after how long the job is tried again if
// Finish fails. A job that has come some way and has no more time is replaced by a new one.
//
// Wakes leave a room to its job as long as the head tells of it. So the job looks at the log once more when the head
// does not tell of it any more.
func (w *Waker) Finish(ctx context.Context, room chat.RoomID, retry time.Duration) error {
	for {
		newest, err := roomlog.NewestID(ctx, w.store, room)
		if err != nil {
			return err
		}
		k := w.wake(room, newest)
		k.job = true
		if err := k.run(ctx); err != nil {
			return k.later(ctx, err, retry)
		}
		head, err := w.store.Head(ctx, room)
		if err != nil {
			return fmt.Errorf("read head: %w", err)
		}
		if !head.JobUntil.IsZero() {
			_, done, err := w.store.Release(ctx, room, head.PushedID, head.Lease, head.Lease)
			if err != nil {
				return fmt.Errorf("clear job: %w", err)
			}
			if !done {
				continue // another pushes, and may end before it has cleared this
			}
		}
		if newest, err = roomlog.NewestID(ctx, w.store, room); err != nil || newest <= head.PushedID {
			return err
		}
	}
}

// later says when a job goes on that could not finish.
func (k *wake) later(ctx context.Context, cause error, retry time.Duration) error {
	if k.steps > 0 && (errors.Is(cause, ErrTimeOver) || ctx.Err() != nil) {
		err := k.queue(ctx, ErrTimeOver)
		if _, queued := errors.AsType[*QueuedError](err); queued {
			return nil
		}
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), queueTime)
	defer cancel()
	if k.held == k.me {
		_ = k.store.Give(ctx, k.room, k.me)
	} else {
		_ = k.store.ExtendMark(ctx, k.room, k.opts.Now().Add(retry+jobTime))
	}
	return cause
}

// Late has a job push rooms whose news wait for too long, whoever sees it.
type Late struct {
	marks Marks
	jobs  Jobs
	now   func() time.Time
}

// NewLate makes a Late.
func NewLate(marks Marks, jobs Jobs, now func() time.Time) *Late {
	return &Late{marks: marks, jobs: jobs, now: now}
}

// Push sends a job for the room and leaves the room to it. It is upkeep of a reader: a failure is for the next one.
func (l *Late) Push(ctx context.Context, room chat.RoomID, head roomlog.Head) {
	if l.jobs.PushLater(ctx, room, 0) == nil && !head.Lease.IsToken() {
		_ = l.marks.Mark(ctx, room, head.Lease, head.PushedID+1, l.now().Add(jobTime))
	}
}
