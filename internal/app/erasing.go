package app

import (
	"context"
	"time"

	"serverlesschat/internal/rooms"
)

// erasing has members of deleted rooms told by a job that is done soon. What is left of the rooms may wait.
type erasing struct{ soon, later rooms.EraseJobs }

// EraseLater implements [rooms.EraseJobs].
func (q erasing) EraseLater(ctx context.Context, e rooms.Erase, delay time.Duration) error {
	if e.Part == rooms.EraseMembers {
		return q.soon.EraseLater(ctx, e, delay)
	}
	return q.later.EraseLater(ctx, e, delay)
}
