package presence

import (
	"context"
	"sync"
	"time"

	"serverlesschat/internal/chat"
)

// Tracker follows connections as they come and go.
type Tracker struct {
	items Items
	jobs  Jobs
	delay time.Duration
	now   func() time.Time

	mu   sync.Mutex
	lost map[chat.UserID]time.Time // whose check was sent of late
}

// NewTracker makes a Tracker. delay is how long a user has to come back: it is longer than it takes to write the end of
// a connection.
func NewTracker(items Items, jobs Jobs, delay time.Duration, now func() time.Time) *Tracker {
	return &Tracker{items: items, jobs: jobs, delay: delay, now: now, lost: map[chat.UserID]time.Time{}}
}

// Connected is called when a connection of the user is stored.
//
// Errors: what the store and the queue return, wrapped.
func (t *Tracker) Connected(ctx context.Context, user chat.UserID) error {
	s, err := t.items.Arrive(ctx, user)
	if err != nil || s.ToldOnline {
		return chat.Wrap("write presence", err)
	}
	return chat.Wrap("send job", t.jobs.CheckLater(ctx, Check{User: user}, 0))
}

// Gone is called before the end of a connection is written.
//
// Errors: what the store and the queue return, wrapped.
func (t *Tracker) Gone(ctx context.Context, user chat.UserID, id chat.ConnectionID) error {
	if err := t.jobs.CheckLater(ctx, Check{User: user}, t.delay); err != nil {
		return chat.Wrap("send job", err)
	}
	return chat.Wrap("write presence", t.items.Depart(ctx, user, id))
}

// maxLost bounds what is kept of those that were lost.
const maxLost = 10_000

// Lost is called before a connection is removed that was found gone, though nobody has told of its end. One check is
// enough for all of a user's connections that are found at about the same time.
//
// Errors: what the queue returns, wrapped. Then the job that goes round finds it.
func (t *Tracker) Lost(ctx context.Context, user chat.UserID) error {
	if !t.isNew(user) {
		return nil
	}
	return chat.Wrap("send job", t.jobs.CheckLater(ctx, Check{User: user}, t.delay))
}

func (t *Tracker) isNew(user chat.UserID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if now.Sub(t.lost[user]) < t.delay/2 {
		return false
	}
	if len(t.lost) >= maxLost {
		clear(t.lost)
	}
	t.lost[user] = now
	return true
}
