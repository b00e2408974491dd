package apigw

import (
	"context"
	"time"

	"serverlesschat/internal/privacy"
)

// eraseUser is the job that goes on with the erasing of a user. Its fields are those of finishMember, without a room.
const eraseUser = "eraseUser"

// UserEraser erases users; errors as [privacy.Eraser.Run].
type UserEraser interface {
	Run(ctx context.Context, j privacy.Job) error
}

var _ privacy.Jobs = (*JobQueue)(nil)

// EraseUserLater implements [privacy.Jobs].
func (q *JobQueue) EraseUserLater(ctx context.Context, j privacy.Job, delay time.Duration) error {
	return q.send(ctx, job{
		Name: eraseUser, memberFields: memberFields{User: j.User},
		drainFields: drainFields{BeganMS: j.Began.UnixMilli()},
	}, delay)
}

// erasure returns the erasure that a job is about.
func (j job) erasure() privacy.Job {
	return privacy.Job{User: j.User, Began: time.UnixMilli(j.BeganMS)}
}
