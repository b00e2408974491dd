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

// Configurations of which each shows several mistakes.
func calmJoin() Config { return Config{Senders: own(2), Joiners: 1, Calm: true} }
func calmAlone() Config {
	return Config{Senders: own(3), Members: 1, Calm: true}
}
func calmStream() Config { return Config{Senders: own(3), Fanouts: 1, Members: 1, Calm: true} }

func calmSizes() Config {
	return Config{Senders: own(2), Fanouts: 1, Members: 1, Calm: true, Accidents: with(SizeChanges, SizeChanges)}
}

func oneDies() Config {
	return Config{Senders: own(2), Fanouts: 1, Members: 1, Repeats: anyRepeats, Accidents: with(Deaths)}
}

func retried(senders, fanouts int) Config {
	return Config{Senders: own(senders), Fanouts: fanouts, Members: 1, Calm: true, Accidents: with(HeadRetries)}
}

func failing(jobs int, accidents ...Accident) Config {
	return Config{Senders: own(2), Fanouts: 1, Jobs: jobs, Members: 1, Large: true, Repeats: anyRepeats, Accidents: with(accidents...)}
}

func mistakesOfPush() []mistaken {
	repeats := Config{Senders: repeated(), Members: 1, Calm: true}
	conflicts := Config{Senders: append(own(1), conflicting()...), Members: 1, Calm: true}
	stolen := Config{Senders: own(1), Fanouts: 2, Members: 1, Repeats: anyRepeats, Accidents: with(GivenUp, Expiries, Deaths, Deaths)}
	unreachable := Config{Senders: own(2), Fanouts: 1, Members: 2, Repeats: 1, Closes: true, Accidents: with(Unreachables)}
	return []mistaken{
		{SubscriptionsFirst, "subscriptions read before the log", calmJoin(), LacksEntry},
		{SubscriptionsKept, "subscriptions kept for the next round", calmJoin(), LacksEntry},
		{SubscriptionsStale, "subscriptions read not consistently", calmJoin(), LacksEntry},
		{PushedBeforePush, "pushed_id before the push", calmJoin(), LacksEntry},
		{FailedPostPassedOver, "a failed post passed over", unreachable, LacksEntry},
		{ShortCutAlways, "the short cut for any run", calmJoin(), LacksEntry},
		{ShortCutUnput, "the short cut for an own entry that another may put",
			Config{Senders: repeated(), Joiners: 1, Fanouts: 1, Repeats: anyRepeats, Accidents: with(Failures)}, LacksEntry},

		{ReserveSteals, "RESERVE without its condition", calmAlone(), Repeated},
		{TakeSteals, "TAKE without its condition", calmAlone(), Repeated},
		{PositionBefore, "the position from before TAKE", calmAlone(), Repeated},

		{NoLook, "no look at the head", calmAlone(), NotPushed},
		{LookBeforePlace, "the look before the place", calmAlone(), NotPushed},
		{LookStale, "the look not consistent", calmAlone(), NotPushed},
		{NoLookAfterVoid, "no look after a void", Config{Senders: repeated(), Members: 1, Calm: true}, NotPushed},
		{NoSecondLog, "no second reading of the log", calmAlone(), NotPushed},
		{SecondLogBefore, "the second reading before the release", calmAlone(), NotPushed},
		{RetriedTakeForgets, "a retried TAKE does not know its token", retried(2, 0), NotPushed},
		{RetriedTakeForgets, "the same, with the stream", retried(1, 1), LeaseLeft},
		{ConflictKeepsLease, "a conflict without the push", conflicts, NotPushed},
		{FollowKeepsLease, "a repeat without the push", repeats, NotPushed},
		{FreesAfterError, "a failed post frees the lease", unreachable, Repeated},
		{EndsStolen, "a wake ends well though its lease was stolen", stolen, NotPushed},
	}
}

func mistakesOfWake() []mistaken {
	batch := Config{Senders: own(3), Fanouts: 1, Members: 1, NoDirect: true, Repeats: anyRepeats, Accidents: with(Deaths)}
	forgets := Config{Senders: own(1), Fanouts: 1, Members: 1, Repeats: anyRepeats, Accidents: with(Deaths, HeadRetries)}
	stale := Config{Senders: own(3), Fanouts: 1, Members: 1, Calm: true, Accidents: with(SizeChanges, SizeChanges)}
	endless := oneDies()
	endless.Loops = true
	off := Config{Senders: own(3), Fanouts: 1, Members: 1, NoDirect: true, Calm: true}
	return []mistaken{
		{TrustsLease, "a wake trusts a live lease", oneDies(), NotPushed},
		{FirstOfBatch, "a wake for the first id of its batch", batch, NotPushed},
		{EndsAtHole, "a wake ends at a hole", oneDies(), NotPushed},
		{NoExpiry, "no token is ever seen for long enough", oneDies(), Waits},
		{ForgetsToken, "the own token taken for another's", forgets, Waits},
		{NoLease, "a wake pushes without the lease", calmStream(), Repeated},
		{NoLease, "the same, and the holder died", endless, GoesRound},
		{NoWait, "a wake takes the lease at once", calmStream(), Repeated},
		{StaleHead, "a wake under the stream has an old head", stale, Repeated},
		{UnboundRelease, "a release under the stream without its condition", failing(1, Failures, Failures), PushedBack},
		{ReserveTakesLeaseOff, "RESERVE takes the lease though direct push is off", off, Repeated},

		{LeftToUnsentJob, "a room left to a job that was not sent", failing(0, Failures), NotPushed},
		{MarkBeforeJob, "the mark before the job", failing(1, Failures, Deaths), NotPushed},
		{NoLastLook, "a job without a last look", failing(1, Failures), NotPushed},
		{MarkAfterJobEnded, "a mark for a job that has ended", failing(1, Failures, Losses), NotPushed},
		{JobMarks, "a mark for a job that was delivered twice", failing(2, Failures, Failures, JobsTwice), NotPushed},
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
