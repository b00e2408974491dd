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

// TestWake goes through what a wake for the entry id reads and writes, in this order.
func TestWake(t *testing.T) {
	for _, c := range []struct {
		name   string
		ids    []chat.EntryID // of long ago
		top    roomlog.Head
		id     chat.EntryID
		direct bool
		want   []string
		pushed chat.EntryID
		lease  roomlog.Lease
	}{
		{"its sender has pushed it", fake.UpTo(3), roomlog.Head{PushedID: 3}, 3, true, []string{"head"}, 3, ""},
		{"nobody pushes it", fake.UpTo(3), roomlog.Head{PushedID: 1}, 3, true,
			[]string{"head", "after 1", "take", "after 1", "subscribers", "deliver 2 to 3", "release to 3"}, 3, ""},
		{"the room is the stream's: no lease is taken", fake.UpTo(3), roomlog.Head{PushedID: 1, Lease: "stream"}, 3, true,
			[]string{"head", "after 1", "subscribers", "deliver 2 to 3", "release to 3"}, 3, ""},
		{"senders do not push: no lease is taken", fake.UpTo(3), roomlog.Head{PushedID: 1}, 3, false,
			[]string{"head", "after 1", "subscribers", "deliver 2 to 3", "release to 3"}, 3, ""},
		{"an old hole comes before the lease", []chat.EntryID{1, 3}, roomlog.Head{}, 3, true,
			[]string{"head", "after 0", "place void at 2", "head", "after 0", "take", "after 0", "subscribers", "deliver 1 to 3",
				"release to 3"}, 3, ""},
		{"an old hole, and what is before it needs no lease", []chat.EntryID{1, 3}, roomlog.Head{}, 3, false,
			[]string{"head", "after 0", "subscribers", "deliver 1 to 1", "release to 1", "head", "after 1", "place void at 2",
				"head", "after 1", "subscribers", "deliver 2 to 3", "release to 3"}, 3, ""},
		{"a hole that lies past its entry is not its own", []chat.EntryID{1, 2, 4}, roomlog.Head{}, 2, false,
			[]string{"head", "after 0", "subscribers", "deliver 1 to 2", "release to 2"}, 2, ""},
		{"a job is in the queue", fake.UpTo(3), roomlog.Head{Lease: "stream", JobUntil: time.Now().Add(time.Hour)}, 3, true,
			[]string{"head"}, 0, "stream"},
		{"a job should have been done", fake.UpTo(3), roomlog.Head{Lease: "stream", JobUntil: time.Now().Add(-time.Hour)}, 3, true,
			[]string{"head", "after 0", "subscribers", "deliver 1 to 3", "release to 3"}, 3, ""},
		{"the entry is not there any more", nil, roomlog.Head{}, 3, true, []string{"head", "after 0"}, 0, ""},
		{"more than one read", fake.UpTo(roomlog.ScanLimit + 1), roomlog.Head{SettledID: 501}, 501, false,
			[]string{"head", "after 0", "after 501", "subscribers", "deliver 1 to 500", "advance to 500", "after 500",
				"subscribers", "deliver 501 to 501", "release to 501"}, 501, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.ids...)
			c.top.Seq = w.Top.Seq
			w.Top, w.direct = c.top, c.direct
			if err := w.wake(c.id); err != nil {
				t.Fatal(err)
			}
			w.expectCalls(c.want...)
			w.expectHead(c.pushed, c.lease)
			for _, d := range w.deliverer.Got {
				if d.Room != "r" || d.Quick || len(d.Recipients) != 1 {
					t.Errorf("delivery %+v", d)
				}
			}
		})
	}
}

// TestLargeRoomsAreTheStreams: no sender tries them, until the fan-out finds them small.
func TestLargeRoomsAreTheStreams(t *testing.T) {
	for members, lease := range map[int]roomlog.Lease{0: "", 200: "", 201: "stream"} {
		for _, before := range []roomlog.Lease{"", "stream"} {
			w := newWorld(t, 1)
			w.Top.Lease, w.Subscribed = before, subscriptionsOf(members)
			if err := w.wake(1); err != nil {
				t.Fatal(err)
			}
			w.expectHead(1, lease)
		}
	}
}

// TestWakeTakesALeaseFromWhoIsTooSlow: it has to see the same token for half a second, by its own clock.
func TestWakeTakesALeaseFromWhoIsTooSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.Top.Lease = other
		start := time.Now()
		if err := w.wake(1); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != 500*time.Millisecond {
			t.Errorf("waited %v", waited)
		}
		w.expectHead(1, "")
	})
}

// TestWakeWaitsForThoseThatWork: as long as the token changes, somebody lives.
func TestWakeWaitsForThoseThatWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.Top.Lease = other
		heads := 0
		w.Before = func(call string) error {
			if call == "head" {
				if heads++; heads%15 == 0 {
					w.Top.Lease += "+"
				}
				if heads == 100 {
					w.Top = roomlog.Head{Seq: 1, PushedID: 1}
				}
			}
			return nil
		}
		if err := w.wake(1); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(w.Calls, "take") {
			t.Error("a lease was taken from one that had just taken it")
		}
	})
}

// TestWakeReadsSubscriptionsForEachRun: a connection that joins during a push gets what comes after it.
func TestWakeReadsSubscriptionsForEachRun(t *testing.T) {
	w := newWorld(t, 1, 3)
	w.direct = false
	w.follow(script{"deliver 1 to 1": {func(w *world) { w.Subscribed = subscriptionsOf(2) }}})
	if err := w.wake(3); err != nil {
		t.Fatal(err)
	}
	if got := w.deliverer.Got; len(got) != 2 || len(got[0].Recipients) != 1 || len(got[1].Recipients) != 2 {
		t.Errorf("deliveries %+v", got)
	}
}

// TestWakeWaitsAtAHoleBelowItsEntry: nobody else may ever come for the entry past it.
func TestWakeWaitsAtAHoleBelowItsEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.Put(time.Now(), 3)
		start := time.Now()
		if err := w.wake(3); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != fake.HoleAge || !w.Entries[2].IsVoid() {
			t.Errorf("returned after %v, at 2 there is %+v, want a void after %v", waited, w.Entries[2], fake.HoleAge)
		}
		w.expectHead(3, "")
	})
}

// TestWakeEndsInABusyRoom: its writers always leave a new hole for a moment. What comes later has a wake of its own.
func TestWakeEndsInABusyRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		busy := fake.NewBusyStore()
		busy.Subscribed = subscriptionsOf(1)
		w.Store, w.direct = busy, false
		if err := w.wake(5); err != nil {
			t.Fatal(err)
		}
		if busy.Top.PushedID < 5 || busy.Top.PushedID > 6 {
			t.Errorf("returned with pushed id %d, want 5 and hardly more", busy.Top.PushedID)
		}
	})
}

// TestAWakeThatFailsLeavesTheRoomToAJob: the job is sent before the head tells of it, and the pushed id stays.
func TestAWakeThatFailsLeavesTheRoomToAJob(t *testing.T) {
	broken := errors.New("broken")
	order := []string{"head", "after 0", "subscribers", "deliver 1 to 2", "release to 2"}
	for i, failing := range order {
		t.Run(failing, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1, 2)
				w.Top.Lease = roomlog.StreamLease
				w.failing(failing, broken)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second) // a delivery is tried again until then
				defer cancel()
				err := w.waker().Wake(ctx, "r", 2)
				if _, ok := errors.AsType[*fanout.QueuedError](err); !ok || !errors.Is(err, broken) || errors.Unwrap(err) == broken {
					t.Errorf("got %v, want that it is queued, with the operation and the cause", err)
				}
				want := slices.Concat(order[:i], []string{"send job"})
				if failing != "head" { // else nobody knows who holds the lease
					want = append(want, "mark below 2")
				}
				w.expectCalls(want...)
				if w.Top.PushedID != 0 || !slices.Equal(w.jobs.Delays, []time.Duration{time.Second}) {
					t.Errorf("pushed id %d, jobs after %v", w.Top.PushedID, w.jobs.Delays)
				}
			})
		})
	}
}

// TestAWakeThatCannotSendAJobFails: its record comes again.
func TestAWakeThatCannotSendAJobFails(t *testing.T) {
	broken, down := errors.New("broken"), errors.New("the queue is down")
	w := newWorld(t, 1)
	w.jobs.Err = down
	w.failing("after 0", broken)
	err := w.wake(1)
	if _, ok := errors.AsType[*fanout.QueuedError](err); ok || !errors.Is(err, broken) || !errors.Is(err, down) {
		t.Errorf("got %v, want both causes and that it is not queued", err)
	}
	w.expectHead(0, "") // nobody may leave the room to a job that is not there
}

// TestAWakeDoesNotGiveAwayTheLeaseOfAnother: its holder is at work.
func TestAWakeDoesNotGiveAwayTheLeaseOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.Top.Lease = other
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		err := w.waker().Wake(ctx, "r", 1)
		if _, ok := errors.AsType[*fanout.QueuedError](err); !ok {
			t.Errorf("got %v, want that it is queued", err)
		}
		w.expectHead(0, other)
	})
}
