package fanout_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/roomlog"
)

// TestDirectPush goes through what a sender does after it has placed its entry, which is the last of the log.
func TestDirectPush(t *testing.T) {
	for _, c := range []struct {
		name      string
		ids       []chat.EntryID
		top       roomlog.Head // when it pushes
		reserved  roomlog.Head // when it reserved
		members   int
		want      []string
		pushed    chat.EntryID
		lease     roomlog.Lease
		delivered int
	}{
		{"the room is idle: subscriptions beside the log", fake.UpTo(3), roomlog.Head{Seq: 3, PushedID: 2, Lease: me},
			roomlog.Head{Seq: 3, PushedID: 2, Lease: me}, 1,
			[]string{"subscribers", "after 2", "deliver 3 to 3", "release to 3"}, 3, "", 1},
		{"nobody is there", fake.UpTo(3), roomlog.Head{Seq: 3, PushedID: 2, Lease: me},
			roomlog.Head{Seq: 3, PushedID: 2, Lease: me}, 0,
			[]string{"subscribers", "after 2", "release to 3"}, 3, "", 0},
		{"others have placed before it: subscriptions after the log", fake.UpTo(3), roomlog.Head{Seq: 3, PushedID: 1, Lease: me},
			roomlog.Head{Seq: 3, PushedID: 1, Lease: me}, 1,
			[]string{"after 1", "subscribers", "deliver 2 to 3", "release to 3"}, 3, "", 1},
		{"a hole before its entry", []chat.EntryID{1, 3}, roomlog.Head{Seq: 3, PushedID: 1, Lease: me},
			roomlog.Head{Seq: 3, PushedID: 1, Lease: me}, 1,
			[]string{"after 1", "release to 1", "after 1"}, 1, "", 0},
		{"another pushes", fake.UpTo(3), roomlog.Head{Seq: 3, PushedID: 2, Lease: other},
			roomlog.Head{Seq: 3, PushedID: 2, Lease: other}, 1, []string{"head"}, 2, other, 0},
		{"another has pushed, and it is free", fake.UpTo(3), roomlog.Head{Seq: 3, PushedID: 3},
			roomlog.Head{Seq: 3, PushedID: 2, Lease: other}, 1, []string{"head"}, 3, "", 0},
		{"another has ended before it placed", fake.UpTo(3), roomlog.Head{Seq: 3, PushedID: 2},
			roomlog.Head{Seq: 3, PushedID: 2, Lease: other}, 1,
			[]string{"head", "take", "subscribers", "after 2", "deliver 3 to 3", "release to 3"}, 3, "", 1},
		{"8 entries wait", fake.UpTo(9), roomlog.Head{Seq: 9, PushedID: 9},
			roomlog.Head{Seq: 9, PushedID: 1, Lease: other}, 1, []string{"head"}, 9, "", 0},
		{"9 entries wait: the room is busy", fake.UpTo(10), roomlog.Head{Seq: 10, PushedID: 1},
			roomlog.Head{Seq: 10, PushedID: 1, Lease: other}, 1, nil, 1, "", 0},
		{"the room is the stream's", fake.UpTo(3), roomlog.Head{Seq: 3, PushedID: 2, Lease: "stream"},
			roomlog.Head{Seq: 3, PushedID: 2, Lease: "stream"}, 1, nil, 2, "stream", 0},
		{"the room has become the stream's", fake.UpTo(3), roomlog.Head{Seq: 3, PushedID: 2, Lease: "stream"},
			roomlog.Head{Seq: 3, PushedID: 2, Lease: other}, 1, []string{"head"}, 2, "stream", 0},
		{"200 members", fake.UpTo(1), roomlog.Head{Seq: 1, Lease: me}, roomlog.Head{Seq: 1, Lease: me}, 200,
			[]string{"subscribers", "after 0", "deliver 1 to 1", "release to 1"}, 1, "", 1},
		{"201 members", fake.UpTo(1), roomlog.Head{Seq: 1, Lease: me}, roomlog.Head{Seq: 1, Lease: me}, 201,
			[]string{"subscribers", "after 0", "give"}, 0, "stream", 0},
		{"a page behind", fake.UpTo(501), roomlog.Head{Seq: 501, Lease: me}, roomlog.Head{Seq: 501, Lease: me}, 1,
			[]string{"after 0", "give"}, 0, "stream", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, c.ids...)
				w.Top, w.Subscribed = c.top, subscriptionsOf(c.members)
				w.push(c.ids[len(c.ids)-1], c.reserved)
				w.expectCalls(c.want...)
				w.expectHead(c.pushed, c.lease)
				if len(w.deliverer.Got) != c.delivered {
					t.Errorf("%d deliveries, want %d", len(w.deliverer.Got), c.delivered)
				}
				for _, d := range w.deliverer.Got {
					if !d.Quick || len(d.Recipients) != c.members {
						t.Errorf("delivery quick %t to %d, want a quick one to %d", d.Quick, len(d.Recipients), c.members)
					}
				}
			})
		})
	}
}

// TestSubscriptionsBesideTheLogAreOnlyForTheOwnEntry: they were read before the log, and a connection that joined between
// has only what was in the log then.
func TestSubscriptionsBesideTheLogAreOnlyForTheOwnEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.Top = roomlog.Head{Seq: 2, Lease: me}
		w.follow(script{"after 0": {func(w *world) { w.Put(time.Now(), 2); w.Subscribed = subscriptionsOf(2) }}})
		w.push(1, w.Top)
		w.expectCalls("subscribers", "after 0", "subscribers", "deliver 1 to 2", "release to 2")
		if got := len(w.deliverer.Got[0].Recipients); got != 2 {
			t.Errorf("delivered to %d, want 2: the second joined before the entry 2 was read", got)
		}
	})
}

// TestFurtherRounds: what comes while a sender pushes is pushed by it, or seen by who placed it.
func TestFurtherRounds(t *testing.T) {
	first := []string{"subscribers", "after 0", "deliver 1 to 1", "release to 1"}
	place := func(w *world) { w.Put(time.Now(), 2) }
	reserve := func(w *world) { w.Top.Seq = 2 }
	for _, c := range []struct {
		name   string
		script script
		want   []string // after the first round
		pushed chat.EntryID
		lease  roomlog.Lease
	}{
		{"nothing comes", nil, nil, 1, ""},
		{"one more", script{"deliver 1 to 1": {place, reserve}},
			[]string{"after 1", "take", "subscribers", "deliver 2 to 2", "release to 2"}, 2, ""},
		{"one that is reserved only", script{"deliver 1 to 1": {reserve}}, []string{"after 1"}, 1, ""},
		{"one that another takes", script{
			"deliver 1 to 1": {place, reserve}, "after 1": {func(w *world) { w.Top.Lease = other }},
		}, []string{"after 1", "take"}, 1, other},
		{"one that another has pushed", script{
			"deliver 1 to 1": {place, reserve}, "take": {func(w *world) { w.Top.PushedID = 2 }},
		}, []string{"after 1", "take", "release to 2"}, 2, ""},
		{"another took the lease from it", script{
			"deliver 1 to 1": {place, reserve}, "release to 1": {func(w *world) { w.Top.Lease = other }},
		}, []string{"after 1", "take"}, 0, other},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				w.Top = roomlog.Head{Seq: 1, Lease: me}
				w.follow(c.script)
				w.push(1, w.Top)
				w.expectCalls(slices.Concat(first, c.want)...)
				w.expectHead(c.pushed, c.lease)
			})
		})
	}
}

// TestAHolderEndsItsRounds: after three rounds it leaves the rest to who placed it.
func TestAHolderEndsItsRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.Top = roomlog.Head{Seq: 1, Lease: me}
		w.Before = func(call string) error {
			var from, to chat.EntryID
			if n, _ := fmt.Sscanf(call, "deliver %d to %d", &from, &to); n == 2 {
				w.Put(time.Now(), to+1)
				w.Top.Seq = to + 1
			}
			return nil
		}
		start := time.Now()
		w.push(1, w.Top)
		w.expectHead(3, "")
		if len(w.deliverer.Got) != 3 || time.Since(start) != 50*time.Millisecond {
			t.Errorf("%d rounds in %v, want 3, with 25 ms between", len(w.deliverer.Got), time.Since(start))
		}
	})
}

// TestASenderThatFailsLeavesTheRoomToTheStream: its reply is not touched, so Push returns nothing.
func TestASenderThatFailsLeavesTheRoomToTheStream(t *testing.T) {
	broken := errors.New("broken")
	for _, failing := range []string{"subscribers", "after 0", "deliver 1 to 1", "release to 1"} {
		t.Run(failing, func(t *testing.T) {
			w := newWorld(t, 1)
			w.Top = roomlog.Head{Seq: 1, Lease: me}
			w.failing(failing, broken)
			w.push(1, w.Top)
			w.expectHead(0, "stream")
			if len(w.left) != 1 || !errors.Is(w.left[0], broken) {
				t.Errorf("left for %v, want %v", w.left, broken)
			}
			if w.Calls[len(w.Calls)-1] != "give" || w.Top.JobUntil != (time.Time{}) {
				t.Errorf("calls %q, head %+v, want the room given, to no job", w.Calls, w.Top)
			}
		})
	}
}

// TestASenderHasOneSecond: its reply waits for the push.
func TestASenderHasOneSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.Top = roomlog.Head{Seq: 1, Lease: me}
		w.deliverer.Hang = true
		start := time.Now()
		w.push(1, w.Top)
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %v, want 1 s", took)
		}
		w.expectHead(0, "stream")
	})
}

// TestSendersWithoutLeasesPushNothing: they are of a stack whose stream does all the pushing.
func TestSendersWithoutLeasesPushNothing(t *testing.T) {
	w := newWorld(t, 1)
	w.pushAppended(roomlog.Appended{Room: "r", Own: 1, Head: roomlog.Head{Seq: 1}, Placed: 1})
	w.expectCalls()
}

// TestACallThatPlacedNothing looks at nothing, unless it holds the lease.
func TestACallThatPlacedNothing(t *testing.T) {
	w := newWorld(t, 1)
	w.Top = roomlog.Head{Seq: 2, Lease: other}
	w.pushAppended(roomlog.Appended{Room: "r", Me: me, Own: 2, Head: w.Top})
	w.expectCalls()
	w.Top = roomlog.Head{Seq: 2, Lease: me}
	w.pushAppended(roomlog.Appended{Room: "r", Me: me, Own: 2, Head: w.Top})
	w.expectHead(1, "")
	if !slices.Contains(w.Calls, "deliver 1 to 1") {
		t.Errorf("calls %q, want what others placed to be pushed by who holds the lease", w.Calls)
	}
}

// TestChangesAreAppliedBeforeTheMarkMoves, by senders and by the fan-out, also in a room without members.
func TestChangesAreAppliedBeforeTheMarkMoves(t *testing.T) {
	for _, members := range []int{0, 1} {
		for name, push := range map[string]func(*world){
			"a sender":    func(w *world) { w.push(2, w.Top) },
			"the fan-out": func(w *world) { w.Top.Lease = "stream"; _ = w.wake(2) },
		} {
			t.Run(fmt.Sprint(name, ", ", members), func(t *testing.T) {
				w := newWorld(t, 1)
				w.Entries[2] = chat.Entry{Room: "r", ID: 2, Kind: chat.KindEdit, User: "ann", Target: 1, Content: "new"}
				w.Top, w.Subscribed = roomlog.Head{Seq: 2, PushedID: 1, Lease: me}, subscriptionsOf(members)
				push(w)
				w.expectHead(2, "")
				update, release := slices.Index(w.Calls, "update 1 by 2"), slices.Index(w.Calls, "release to 2")
				if update < 0 || release < update {
					t.Errorf("calls %q, want the update before the release", w.Calls)
				}
				if w.Entries[1].Content != "new" {
					t.Errorf("the message is %+v", w.Entries[1])
				}
			})
		}
	}
}

// TestASenderThatCannotApplyLeavesTheRoomToTheStream and pushes nothing.
func TestASenderThatCannotApplyLeavesTheRoomToTheStream(t *testing.T) {
	w := newWorld(t, 1)
	w.Entries[2] = chat.Entry{Room: "r", ID: 2, Kind: chat.KindDelete, User: "ann", Target: 1}
	w.Top = roomlog.Head{Seq: 2, PushedID: 1, Lease: me}
	w.failing("update 1 by 2", errors.New("broken"))
	w.push(2, w.Top)
	w.expectHead(1, "stream")
	if len(w.deliverer.Got) > 0 {
		t.Errorf("delivered %+v", w.deliverer.Got)
	}
}

// TestWhatHasExpiredIsPushedToNobody, and the mark moves past it, by senders and by the fan-out.
func TestWhatHasExpiredIsPushedToNobody(t *testing.T) {
	for name, push := range map[string]func(*world){
		"a sender":    func(w *world) { w.push(4, w.Top) },
		"the fan-out": func(w *world) { w.Top.Lease = "stream"; _ = w.wake(4) },
	} {
		for _, expired := range [][]chat.EntryID{{1, 2}, {4}, {1, 2, 3, 4}, nil} {
			t.Run(fmt.Sprint(name, ", ", expired), func(t *testing.T) {
				w := newWorld(t, fake.UpTo(4)...)
				var want []chat.EntryID
				for id, e := range w.Entries {
					if slices.Contains(expired, id) {
						e.ExpiresAt = time.Now().Add(-time.Second)
					} else {
						want = append(want, id)
					}
					w.Entries[id] = e
				}
				w.Top = roomlog.Head{Seq: 4, Lease: me}
				push(w)
				w.expectHead(4, "")
				var got []chat.EntryID
				for _, d := range w.deliverer.Got {
					for _, f := range d.Frames {
						got = append(got, fake.IDs(f.Entries)...)
					}
				}
				if slices.Sort(want); !slices.Equal(got, want) {
					t.Errorf("pushed %v, want %v", got, want)
				}
			})
		}
	}
}
