package pushmodel

import (
	"testing"
)

// mistaken is a mistake, a configuration that shows it, and what is broken then.
type mistaken struct {
	mistake Mistake
	what    string
	config  Config
	broken  Broken
}

func mistakesOfPush() []mistaken {
	join, three := alone(own(2), 0, 1), alone(own(3), 1, 0)
	unreachable := hurt(own(2), 1, 0, 0, Unreachables)
	unreachable.Members, unreachable.Repeats, unreachable.Closes, unreachable.Endless = 2, 1, true, true
	return []mistaken{
		{SubscriptionsFirst, "subscriptions read before the log", join, LacksEntry},
		{SubscriptionsKept, "subscriptions kept for the next round", join, LacksEntry},
		{SubscriptionsStale, "subscriptions read not consistently", join, LacksEntry},
		{PushedBeforePush, "pushed_id before the push", join, LacksEntry},
		{FailedPostPassedOver, "a failed post passed over", unreachable, LacksEntry},
		{ShortCutAlways, "the short cut for any run", join, LacksEntry},
		{ShortCutUnput, "the short cut for an own id that another fills",
			hurt(repeats(2), 1, 0, 1, Failures), LacksEntry},

		{ReserveSteals, "RESERVE without its condition", three, Repeated},
		{TakeSteals, "TAKE without its condition", three, Repeated},
		{PositionBefore, "the position from before TAKE", three, Repeated},

		{NoLook, "no look at the head", three, NotPushed},
		{LookBeforePlace, "the look before the place", three, NotPushed},
		{LookStale, "the look not consistent", three, NotPushed},
		{NoLookAfterVoid, "no look after a void", alone(repeats(2), 1, 0), NotPushed},
		{NoSecondLog, "no second reading of the log", three, NotPushed},
		{SecondLogBefore, "the second reading before the release", three, NotPushed},
		{RetriedTakeForgets, "a retried TAKE does not know its token", alone(own(2), 1, 0, HeadRetries), NotPushed},
		{RetriedTakeForgets, "the same, with the stream", calm(own(1), 1, 0, HeadRetries), LeaseLeft},
		{ConflictKeepsLease, "a conflict without the push", alone(and(own(1), conflict()), 1, 0), NotPushed},
		{FollowKeepsLease, "a repeat without the push", alone(repeats(2), 1, 0), NotPushed},
		{FreesAfterError, "a failed post frees the lease", unreachable, Repeated},
	}
}

func mistakesOfWake() []mistaken {
	dies, three := hurt(own(2), 1, 0, 0, Deaths), calm(own(3), 1, 0)
	fails := func(jobs int, a ...Accident) Config { return large(hurt(own(2), 1, jobs, 0, a...)) }
	return []mistaken{
		{TrustsLease, "a wake trusts a live lease", dies, NotPushed},
		{FirstOfBatch, "a wake for the first id of its batch", off(hurt(own(3), 1, 0, 0, Deaths)), NotPushed},
		{EndsAtHole, "a wake ends at a hole", dies, NotPushed},
		{EndsStolen, "it ends well though its lease was stolen",
			hurt(own(1), 2, 0, 0, GivenUp, Expiries, Deaths, Deaths), NotPushed},
		{NoExpiry, "no token is ever seen for long enough", dies, Waits},
		{ForgetsToken, "the own token taken for another's", hurt(own(1), 1, 0, 0, Deaths, HeadRetries), Waits},
		{NoLease, "a wake pushes without the lease", three, Repeated},
		{NoLease, "the same, and the holder died", dies, GoesRound},
		{NoWait, "a wake takes the lease at once", three, Repeated},
		{StaleHead, "a wake under the stream has an old head", calm(own(3), 1, 0, SizeChanges, SizeChanges), Repeated},
		{UnboundRelease, "a release under the stream without its condition", fails(1, Failures, Failures), PushedBack},
		{ReserveTakesLeaseOff, "RESERVE takes the lease though direct push is off", off(three), Repeated},

		{LeftToUnsentJob, "a room left to a job that was not sent", fails(0, Failures), NotPushed},
		{MarkBeforeJob, "the mark before the job", fails(1, Failures, Deaths), NotPushed},
		{NoLastLook, "a job without a last look", fails(1, Failures), NotPushed},
		{MarkAfterJobEnded, "a mark for a job that has ended", fails(1, Failures, Losses), NotPushed},
		{JobMarks, "a mark for a job that was delivered twice", fails(2, Failures, Failures, JobsTwice), NotPushed},
	}
}

// TestEachConditionIsNeeded: what is left out or done wrong breaks something, and the same configuration holds without
// the mistake.
func TestEachConditionIsNeeded(t *testing.T) {
	shown := map[Mistake]bool{}
	for _, m := range append(mistakesOfPush(), mistakesOfWake()...) {
		shown[m.mistake] = true
		if raceDetector() && (m.mistake == JobMarks || m.mistake == StaleHead) { // the ones that take longest
			continue
		}
		r := Search(m.config, m.mistake)
		t.Logf("%-56s %7d states, %2d steps: %s", m.what, r.States, len(r.Trace), r.Broken)
		if r.Broken != m.broken {
			t.Errorf("%s: broken is %q, want %q, after\n%s", m.what, r.Broken, m.broken, text(r.Trace))
		}
		if right := Search(m.config, NoMistake); right.Broken != "" {
			t.Errorf("%s: without the mistake: %s, after\n%s", m.what, right.Broken, text(right.Trace))
		}
	}
	for x := NoMistake + 1; x < mistakes; x++ {
		if !shown[x] {
			t.Errorf("nothing shows mistake %d", x)
		}
	}
}
