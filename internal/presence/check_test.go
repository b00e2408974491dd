package presence_test

import (
	"slices"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/presence"
)

// user is ann, on a store where time passes by hand.
type user struct {
	*testing.T
	*store
	track *presence.Tracker
	check *presence.Checker
}

func newUser(t *testing.T) *user {
	s := newStore()
	return &user{t, s, s.tracker(), s.checker(30 * time.Second)}
}

func (u *user) ok(err error) {
	u.Helper()
	if err != nil {
		u.Fatal(err)
	}
}

func (u *user) connects(id chat.ConnectionID) {
	u.Helper()
	u.ok(u.put(u.Context(), id))
	u.ok(u.track.Connected(u.Context(), "ann"))
}

func (u *user) goes(id chat.ConnectionID) {
	u.Helper()
	u.ok(u.track.Gone(u.Context(), "ann", id))
	u.ok(u.RemoveConnection(u.Context(), "ann", id))
}

// runs does the jobs that are there now, each after its delay.
func (u *user) runs() {
	u.Helper()
	jobs := u.jobs
	u.jobs = nil
	slices.SortStableFunc(jobs, func(a, b sent) int { return int(a.delay - b.delay) })
	begin := u.now
	for _, j := range jobs {
		u.now = begin.Add(j.delay)
		u.ok(u.check.Check(u.Context(), j.Check))
	}
}

// wasTold expects what peers were told since the last time.
func (u *user) wasTold(want ...bool) {
	u.Helper()
	var got []bool
	for _, s := range u.announced {
		got = append(got, s.Online)
	}
	if u.announced = nil; !slices.Equal(got, want) {
		u.Errorf("told %v, want %v", got, want)
	}
}

func (u *user) hasJobs(want ...sent) {
	u.Helper()
	if !slices.Equal(u.jobs, want) {
		u.Errorf("jobs %+v, want %+v", u.jobs, want)
	}
}

func watching(v int64) sent {
	return sent{presence.Check{User: "ann", Watch: v}, 15 * time.Minute}
}

func after(delay time.Duration) sent { return sent{presence.Check{User: "ann"}, delay} }

// TestTwentyTabsAreOneUser: peers are told of the first and of the last.
func TestTwentyTabsAreOneUser(t *testing.T) {
	u := newUser(t)
	u.connects("0")
	u.hasJobs(after(0))
	u.runs()
	u.wasTold(true)
	u.hasJobs(watching(1))
	u.jobs = nil
	tabs := make([]chat.ConnectionID, 19)
	for i := range tabs {
		tabs[i] = chat.ConnectionID('a' + rune(i))
		u.connects(tabs[i])
	}
	u.hasJobs()
	u.now = u.now.Add(time.Minute)
	for _, id := range tabs {
		u.goes(id)
		u.hasJobs(after(10 * time.Second))
		u.runs()
	}
	u.wasTold()
	if len(u.state.Gone) > 0 {
		t.Errorf("gone are still %v", u.state.Gone)
	}
	u.goes("0")
	u.runs()
	u.wasTold(false)
	u.hasJobs()
}

// TestReloads: who comes back in time has never been away, and of many changes in a short time one is told.
func TestReloads(t *testing.T) {
	u := newUser(t)
	u.connects("a")
	u.runs()
	u.wasTold(true)
	u.jobs = nil
	u.goes("a")
	u.connects("b")
	u.runs()
	u.wasTold()

	u.goes("b")
	u.runs() // 20 s after it was told of
	u.wasTold()
	u.hasJobs(after(10 * time.Second))
	u.runs()
	u.wasTold(false)
	u.connects("c")
	u.runs()
	u.hasJobs(after(30 * time.Second))
	u.goes("c")
	u.runs() // the second waits for the first, and then there is nothing to tell
	u.runs()
	u.wasTold()
}

// TestNobodyHasToldOfTheEnd: the job that goes round finds it.
func TestNobodyHasToldOfTheEnd(t *testing.T) {
	u := newUser(t)
	u.connects("a")
	u.runs()
	u.wasTold(true)
	u.runs()
	u.hasJobs(watching(1))
	u.now = u.now.Add(15*time.Minute - time.Second)
	u.connects("new") // the gateway does not know it yet
	u.gone["a"], u.gone["new"] = true, true
	u.now = u.now.Add(-15*time.Minute + time.Second)
	u.runs()
	u.wasTold()
	u.hasJobs(watching(1))
	u.runs()
	u.wasTold(false)
	u.hasJobs()
	if len(u.open) > 0 {
		t.Errorf("open are %v", u.open)
	}
}

// TestOneJobGoesRound: the one of the time that the user was online before ends.
func TestOneJobGoesRound(t *testing.T) {
	u := newUser(t)
	u.connects("a")
	u.runs()
	old := u.jobs
	u.jobs = nil
	u.now = u.now.Add(time.Minute)
	u.goes("a")
	u.runs()
	u.now = u.now.Add(time.Minute)
	u.connects("b")
	u.runs()
	u.wasTold(true, false, true)
	u.hasJobs(watching(3))
	u.jobs = old
	u.runs()
	u.hasJobs()
}

// TestLost: many connections of one user that are found gone at once are one check.
func TestLost(t *testing.T) {
	u := newUser(t)
	for range 3 {
		u.ok(u.track.Lost(t.Context(), "ann"))
	}
	u.hasJobs(after(10 * time.Second))
	u.now = u.now.Add(5 * time.Second)
	u.ok(u.track.Lost(t.Context(), "ann"))
	u.hasJobs(after(10*time.Second), after(10*time.Second))
}
