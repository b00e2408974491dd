package apigw

import (
	"context"
	"errors"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/presence"
)

// checkPresence is the job that looks whether a user is still there. Its fields are those of finishMember, without a room.
const checkPresence = "checkPresence"

// PresenceChecker looks whether users are there; errors as [presence.Checker.Check].
type PresenceChecker interface {
	Check(ctx context.Context, c presence.Check) error
}

var _ presence.Jobs = (*JobQueue)(nil)

// CheckLater implements [presence.Jobs].
func (q *JobQueue) CheckLater(ctx context.Context, c presence.Check, delay time.Duration) error {
	return q.send(ctx, job{Name: checkPresence, memberFields: memberFields{User: c.User, Version: c.Watch}}, delay)
}

// check returns the check that a job asks for.
func (j job) check() presence.Check { return presence.Check{User: j.User, Watch: j.Version} }

var _ presence.Gateway = (*Management)(nil)

// IsGone implements [presence.Gateway].
func (m *Management) IsGone(ctx context.Context, id chat.ConnectionID) bool {
	return errors.Is(m.Get(ctx, id), fanout.ErrGone)
}
