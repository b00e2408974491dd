package apigw

import (
	"context"
	"time"

	"serverlesschat/internal/rooms"
)

// eraseRoom is the job that erases a deleted room.
const eraseRoom = "eraseRoom"

// eraseFields are those of the job eraseRoom.
type eraseFields struct {
	Part rooms.ErasePart `json:"part,omitempty"`
}

// RoomEraser erases deleted rooms; errors as [rooms.Changer.Erase].
type RoomEraser interface {
	Erase(ctx context.Context, e rooms.Erase) error
}

var _ rooms.EraseJobs = (*JobQueue)(nil)

// EraseLater implements [rooms.EraseJobs].
func (q *JobQueue) EraseLater(ctx context.Context, e rooms.Erase, delay time.Duration) error {
	return q.send(ctx, job{
		Name: eraseRoom, Room: e.Room, eraseFields: eraseFields{Part: e.Part},
		drainFields: drainFields{BeganMS: e.Began.UnixMilli()},
	}, delay)
}

// erase returns what a job is to erase.
func (j job) erase() rooms.Erase {
	return rooms.Erase{Room: j.Room, Part: j.Part, Began: time.UnixMilli(j.BeganMS)}
}
