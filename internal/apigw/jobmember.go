package apigw

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

// finishMember is the job that finishes a change of a member, if whoever made it did not.
const finishMember = "finishMember"

// memberFields are those of the job finishMember.
type memberFields struct {
	User    chat.UserID `json:"user_id,omitempty"`
	Version int64       `json:"v,omitempty"`
}

// finish returns the change that a job is about.
func (j job) finish() rooms.Finish {
	return rooms.Finish{Room: j.Room, User: j.User, Version: j.Version, Began: time.UnixMilli(j.BeganMS)}
}

// MemberFinisher finishes changes of members; errors as [rooms.Changer.Finish].
type MemberFinisher interface {
	Finish(ctx context.Context, f rooms.Finish) error
}

var _ rooms.FinishJobs = (*JobQueue)(nil)

// FinishLater implements [rooms.FinishJobs].
func (q *JobQueue) FinishLater(ctx context.Context, f rooms.Finish, delay time.Duration) error {
	return q.send(ctx, job{
		Name: finishMember, Room: f.Room, memberFields: memberFields{User: f.User, Version: f.Version},
		drainFields: drainFields{BeganMS: f.Began.UnixMilli()},
	}, delay)
}
