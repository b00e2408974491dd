package fanout_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/roomlog"
)

func (w *world) finish(ctx context.Context) error { return w.waker().Finish(ctx, "r", 8*time.Second) }

// TestFinish goes through what a job reads and writes.
func TestFinish(t *testing.T) {
	soon := time.Now().Add(time.Hour)
	place := func(w *world) { w.Put(time.Time{}, 3) }
	for _, c := range []struct {
		name   string
		top    roomlog.Head
		script script
		want   []string
		pushed chat.EntryID
	}{
		{"all is pushed", roomlog.Head{PushedID: 2}, nil, []string{"newest", "head", "head", "newest"}, 2},
		{"all is pushed, and the head still tells of it", roomlog.Head{PushedID: 2, Lease: "stream", JobUntil: soon}, nil,
			[]string{"newest", "head", "head", "release to 2", "newest"}, 2},
		{"the push clears it", roomlog.Head{Lease: "stream", JobUntil: soon}, nil,
			[]string{"newest", "head", "after 0", "subscribers", "deliver 1 to 2", "release to 2", "head", "newest"}, 2},
		{"an entry whose wake has left it to this job", roomlog.Head{Lease: "stream", JobUntil: soon},
			script{"deliver 1 to 2": {place}},
			[]string{"newest", "head", "after 0", "subscribers", "deliver 1 to 2", "release to 2", "head", "newest",
				"newest", "head", "after 2", "take", "after 2", "subscribers", "deliver 3 to 3", "release to 3", "head", "newest"}, 3},
		{"another has pushed and not cleared it", roomlog.Head{PushedID: 2, Lease: "stream", JobUntil: soon},
			script{"release to 2": {place, func(w *world) { w.Top.PushedID = 3 }}},
			[]string{"newest", "head", "head", "release to 2", "newest", "head", "head", "release to 3", "newest"}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1, 2)
			c.top.Seq = 2
			w.Top = c.top
			w.follow(c.script)
			if err := w.finish(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.expectCalls(c.want...)
			if w.Top.PushedID != c.pushed || !w.Top.JobUntil.IsZero() {
				t.Errorf("head %+v, want pushed id %d and no job", w.Top, c.pushed)
			}
		})
	}
}

// TestAJobThatFailsKeepsTheRoom: no wake pushes it, and no second job is sent, before it is tried again.
func TestAJobThatFailsKeepsTheRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, 2)
		w.deliverer.Err = fanout.ErrForbidden
		w.Top.Lease, w.Top.JobUntil = roomlog.StreamLease, time.Now()
		if err := w.finish(t.Context()); !errors.Is(err, fanout.ErrForbidden) {
			t.Errorf("got %v, want %v", err, fanout.ErrForbidden)
		}
		if until := time.Until(w.Top.JobUntil); until < 8*time.Second+time.Minute || len(w.jobs.Sent) != 0 {
			t.Errorf("the room is the job's for %v, and %d jobs were sent; want longer than it waits, and none", until, len(w.jobs.Sent))
		}
		calls := len(w.Calls)
		if err := w.wake(2); err != nil || !slices.Equal(w.Calls[calls:], []string{"head"}) {
			t.Errorf("a wake returned %v and made %q, want nothing but a look", err, w.Calls[calls:])
		}
	})
}

// TestAJobThatHasComeSomeWayIsReplaced: a long push is many jobs, and none of them comes often.
func TestAJobThatHasComeSomeWayIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, fake.UpTo(9)...)
		w.size, w.direct = 1, false
		w.Subscribed, w.deliverer.PerSecond = subscriptionsOf(1000), 100 // one frame takes 10 s
		w.deliverer.Took = 2 * time.Second                               // each of five pages
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		if err := w.finish(ctx); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(w.jobs.Delays, []time.Duration{0}) || w.Top.PushedID == 0 || w.Top.PushedID == 9 || w.Top.JobUntil.IsZero() {
			t.Errorf("jobs after %v, head %+v, want one at once, some of the way", w.jobs.Delays, w.Top)
		}
	})
}

// TestAJobGivesWayToAnotherThatPushes: two that go on side by side would push everything twice.
func TestAJobGivesWayToAnotherThatPushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, fake.UpTo(6)...)
		w.size, w.Top.Lease = 1, roomlog.StreamLease
		w.Subscribed, w.deliverer.PerSecond = subscriptionsOf(100), 20 // each frame is a step
		w.follow(script{"deliver 2 to 2": {func(w *world) { w.Top.PushedID = 2 }}})
		if err := w.finish(t.Context()); chat.CodeOf(err) != chat.CodeUnavailable || len(w.deliverer.Got) != 2 {
			t.Errorf("got %v after %d deliveries, want that it gives way after the second", err, len(w.deliverer.Got))
		}
		w.expectHead(2, "stream")
	})
}

// TestLate: whoever sees that a room is late has a job push it.
func TestLate(t *testing.T) {
	for _, c := range []struct {
		name  string
		lease roomlog.Lease
		err   error
		want  []string
	}{
		{"free", "", nil, []string{"send job", "mark below 1"}},
		{"the stream's", "stream", nil, []string{"send job", "mark below 1"}},
		{"a sender's", other, nil, []string{"send job"}},
		{"the queue is down", "", errors.New("down"), []string{"send job"}},
	} {
		w := newWorld(t, 1)
		w.Top.Lease, w.jobs.Err = c.lease, c.err
		fanout.NewLate(w.Store, w.jobs, time.Now).Push(t.Context(), "r", w.Top)
		w.expectCalls(c.want...)
	}
}
