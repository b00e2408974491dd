package fanout_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/roomlog"
)

// TestStepsAreBoundedByWork: as many whole frames as fit into 5 s at the rate that there is now, and one at least.
func TestStepsAreBoundedByWork(t *testing.T) {
	for _, c := range []struct {
		members int
		rate    float64
		want    []string // of the 6 frames of a room with 6 entries
	}{
		{100, 8000, []string{"deliver 1 to 6"}},
		{100, 80, []string{"deliver 1 to 4", "deliver 5 to 6"}},
		{100, 50, []string{"deliver 1 to 2", "deliver 3 to 4", "deliver 5 to 6"}},
		{100, 20, []string{"deliver 1 to 1", "deliver 2 to 2", "deliver 3 to 3", "deliver 4 to 4", "deliver 5 to 5", "deliver 6 to 6"}},
		{100, 5, []string{"deliver 1 to 1", "deliver 2 to 2", "deliver 3 to 3", "deliver 4 to 4", "deliver 5 to 5", "deliver 6 to 6"}},
		{0, 5, []string{}},
	} {
		t.Run(fmt.Sprint(c.members, " members, ", c.rate, " a second"), func(t *testing.T) {
			w := newWorld(t, fake.UpTo(6)...)
			w.size, w.direct = 1, false
			w.Subscribed, w.deliverer.PerSecond = subscriptionsOf(c.members), c.rate
			if err := w.wake(6); err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, call := range w.Calls {
				if len(call) > 7 && call[:7] == "deliver" {
					got = append(got, call)
					last := w.deliverer.Got[len(got)-1].Frames
					moved := fmt.Sprint("advance to ", last[len(last)-1].Last())
					if next := w.Calls[i+1]; next != moved && next != "release to 6" {
						t.Errorf("after %q comes %q, want the pushed id to move", call, next)
					}
				}
			}
			if !slices.Equal(got, c.want) && len(c.want) > 0 {
				t.Errorf("steps %q, want %q", got, c.want)
			}
		})
	}
}

// TestSubscriptionsAreReadPageByPage: a page is what takes 2 s to post to, so nobody is posted to long after the
// subscription was read.
func TestSubscriptionsAreReadPageByPage(t *testing.T) {
	w := newWorld(t, 1, 2)
	w.size, w.direct = 1, false
	w.Subscribed, w.deliverer.PerSecond = subscriptionsOf(1000), 500 // one frame takes 2 s
	if err := w.wake(2); err != nil {
		t.Fatal(err)
	}
	var got []int
	seen := map[string]bool{}
	for _, d := range w.deliverer.Got {
		got = append(got, len(d.Recipients)*len(d.Frames))
		for _, r := range d.Recipients {
			for _, f := range d.Frames {
				if key := fmt.Sprint(r.Connection, f.Last()); seen[key] {
					t.Errorf("%s gets the frame of %d twice", r.Connection, f.Last())
				} else {
					seen[key] = true
				}
			}
		}
	}
	if len(seen) != 2000 || slices.Max(got) > 1000 {
		t.Errorf("%d posts in pages of %v, want 2,000 in pages of 1,000 at most", len(seen), got)
	}
	w.expectHead(2, "stream")
}

// TestOnlyTheRestIsPushedAgain: who has got everything gets nothing twice within an invocation.
func TestOnlyTheRestIsPushedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.Subscribed = subscriptionsOf(3)
		w.deliverer.Answer = func(d fanout.Delivery) ([]fanout.Recipient, error) {
			if len(d.Recipients) == 1 {
				return nil, nil
			}
			return d.Recipients[1:], errors.New("the gateway is down")
		}
		if err := w.wake(1); err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, d := range w.deliverer.Got {
			got = append(got, len(d.Recipients))
		}
		if !slices.Equal(got, []int{3, 2, 1}) {
			t.Errorf("delivered to %v, want 3, 2 and 1", got)
		}
		w.expectHead(1, "")
	})
}

// TestAForbiddenPushFailsAtOnce: waiting does not help against a right that is missing.
func TestAForbiddenPushFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.deliverer.Err = fmt.Errorf("post: %w", fanout.ErrForbidden)
		start := time.Now()
		err := w.wake(1)
		if !errors.Is(err, fanout.ErrForbidden) || time.Since(start) != 0 {
			t.Errorf("got %v after %v, want that it is forbidden, at once", err, time.Since(start))
		}
	})
}

// TestNothingBeginsThatCannotEnd: the lane's other rooms wait for this wake. The rest is for a job, at once.
func TestNothingBeginsThatCannotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, fake.UpTo(3)...)
		w.size, w.direct = 1, false
		w.Subscribed, w.deliverer.PerSecond = subscriptionsOf(1000), 400
		w.deliverer.Took = 1200 * time.Millisecond // each of two pages
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		err := w.waker().Wake(ctx, "r", 3)
		if !errors.Is(err, fanout.ErrTimeOver) || !slices.Equal(w.jobs.Delays, []time.Duration{0}) {
			t.Errorf("got %v, jobs after %v, want that the time is over and a job at once", err, w.jobs.Delays)
		}
		w.expectHead(1, "stream")
	})
}

// TestReadersAreSparedABacklog: when the pushing is far behind, the settled id goes ahead of it.
func TestReadersAreSparedABacklog(t *testing.T) {
	for _, c := range []struct {
		name    string
		ids     []chat.EntryID
		settled chat.EntryID
	}{
		{"200 behind", fake.UpTo(200), 200}, // as the pushed id
		{"1,200 behind", fake.UpTo(1200), 1200},
		{"an old hole is filled", slices.DeleteFunc(fake.UpTo(1200), func(id chat.EntryID) bool { return id == 700 }), 1200},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.ids...)
			w.direct = false
			var settled []chat.EntryID
			w.Before = func(call string) error {
				if call == "deliver 1 to 200" || call == "deliver 1 to 500" {
					settled = append(settled, max(w.Top.SettledID, w.Top.PushedID))
				}
				return nil
			}
			if err := w.wake(c.settled); err != nil {
				t.Fatal(err)
			}
			if c.settled > 200 && !slices.Equal(settled, []chat.EntryID{c.settled}) {
				t.Errorf("settled up to %v before the first push, want %d", settled, c.settled)
			}
			if c.settled <= 200 && slices.Contains(w.Calls, "settle to 200") {
				t.Error("a write for a backlog that is none")
			}
			w.expectHead(c.settled, "")
		})
	}
}

// TestSettlingWaitsForNoHole: a young hole ends it, and the pushing goes on below.
func TestSettlingWaitsForNoHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, fake.UpTo(300)...)
		w.Put(time.Now(), 302)
		w.Top.Seq = 302
		w.direct = false
		start := time.Now()
		if err := w.wake(300); err != nil {
			t.Fatal(err)
		}
		if time.Since(start) != 0 || w.Top.SettledID != 300 {
			t.Errorf("took %v, settled up to %d, want no wait and 300", time.Since(start), w.Top.SettledID)
		}
		w.expectHead(300, roomlog.NoLease)
	})
}
