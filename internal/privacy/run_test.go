package privacy_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/privacy"
)

// enters lets a user into a room, and say something.
func (w *world) enters(user chat.UserID) {
	w.Helper()
	w.ok(second(w.changer(w.store).Enter(w.Context(), user, w.room("hall"))))
	w.sends(user, w.room("hall"), secret)
	w.jobs = nil
}

// TestAJobWaitsForItsErasure: it was sent before that was stored. Whoever was to store it may have died.
func TestAJobWaitsForItsErasure(t *testing.T) {
	each(t, func(w *world) {
		for age, waits := range map[time.Duration]bool{0: true, 29 * time.Second: true, 30 * time.Second: false} {
			w.jobs = nil
			w.ok(w.eraser().Run(t.Context(), privacy.Job{User: w.user("annabel"), Began: w.now().Add(-age)}))
			if again := len(w.jobs) == 1; again != waits {
				t.Errorf("after %v: %d jobs", age, len(w.jobs))
			}
		}
	})
}

// TestOneErasesAtATime: a run that finds another at it comes back when that one's time is over.
func TestOneErasesAtATime(t *testing.T) {
	each(t, func(w *world) {
		ann := w.user("annabel")
		w.enters(ann)
		_, err := w.asks(ann)
		w.ok(err)
		taken, err := w.store.TakeErasure(t.Context(), ann, "another", w.now(), w.now().Add(time.Minute))
		if err != nil || taken == nil {
			t.Fatalf("taken %+v, %v", taken, err)
		}
		w.ok(w.next()())
		if part := w.part(ann); part != privacy.EraseConnections || len(w.jobs) != 1 || w.jobs[0].at.Before(w.now().Add(time.Minute)) {
			t.Errorf("%s is next, jobs %+v", part, w.jobs)
		}
		if saved, err := w.store.SaveErasure(t.Context(), *taken, "nobody", time.Time{}); err != nil || saved {
			t.Errorf("saved by nobody: %t, %v", saved, err)
		}
		w.works()
		w.checkErased(ann, nil)
	})
}

// TestARunThatHasNoTimeLeft gives the lease back, and the erasure goes on at once.
func TestARunThatHasNoTimeLeft(t *testing.T) {
	each(t, func(w *world) {
		ann := w.user("annabel")
		w.enters(ann)
		_, err := w.asks(ann)
		w.ok(err)
		w.jobs = nil
		job := privacy.Job{User: ann, Began: w.now()}
		runs := 0
		for part := w.part(ann); part != privacy.EraseNothing; part, runs = w.part(ann), runs+1 {
			ctx, cancel := context.WithCancel(t.Context())
			calls := 0
			w.calls.Before = func(string) error {
				if calls++; calls == 6+4*runs { // in the middle of whatever it is
					cancel()
				}
				return nil
			}
			if err := w.eraser().Run(ctx, job); err != nil || len(w.jobs) != 1 && w.part(ann) != privacy.EraseNothing {
				t.Fatalf("in the part %s: %v, jobs %+v", part, err, w.jobs)
			}
			if len(w.jobs) == 1 {
				*w.clock, w.jobs = w.jobs[0].at, nil
			}
			cancel()
		}
		if runs < 4 {
			t.Errorf("%d runs", runs)
		}
		w.checkErased(ann, nil)
	})
}

// accounts has one account, and fails at first.
type accounts struct {
	fails   bool
	forgets chat.UserID
}

func (a *accounts) ForgetAccount(_ context.Context, user chat.UserID) error {
	if a.fails {
		a.fails = false
		return errors.New("it does")
	}
	a.forgets = user
	return nil
}

// TestTheAccountGoesToo, where there are accounts.
func TestTheAccountGoesToo(t *testing.T) {
	each(t, func(w *world) {
		ann := w.user("annabel")
		w.enters(ann)
		w.accounts = &accounts{fails: true}
		_, err := w.asks(ann)
		w.ok(err)
		w.works()
		if w.accounts.fails || w.accounts.forgets != ann {
			t.Errorf("accounts %+v", w.accounts)
		}
		w.checkErased(ann, nil)
	})
}

// TestAnErasureThatIsStuck gets another job when its user asks again; one that goes on does not.
func TestAnErasureThatIsStuck(t *testing.T) {
	each(t, func(w *world) {
		ann := w.user("annabel")
		w.enters(ann)
		_, err := w.asks(ann)
		w.ok(err)
		for age, jobs := range map[time.Duration]int{time.Minute: 0, 6 * time.Minute: 1} {
			w.jobs = nil
			*w.clock = w.now().Add(age)
			if _, err := w.asks(ann); err != nil || len(w.jobs) != jobs {
				t.Errorf("asked again after %v: %d jobs, %v", age, len(w.jobs), err)
			}
			*w.clock = w.now().Add(-age)
		}
	})
}
