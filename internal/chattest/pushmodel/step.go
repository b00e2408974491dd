package pushmodel

// step is the call that an agent makes next.
type step uint8

const (
	none step = iota // the agent is not there
	endedWell
	endedBadly // a fan-out's record is reported as failed; a job's message stays in the queue

	// Senders: the log.
	sGet
	sReserve
	sReserveMove // reserve, then move the claim
	sDrop
	sClaim
	sPlace
	sFollow
	sMove
	sVoid // the own id
	sLook
	sTake

	// Senders and wakers: a push, by who holds the lease.
	dLog
	dSubs
	dPost
	dAdvance
	dRelease
	dLogAgain
	dTakeAgain
	dGive // senders alone

	// Wakers: fan-outs and jobs.
	wHead
	wLog
	wWaitHole
	wWaitLease
	wFill
	wTake
	wJob  // on an error
	wMark // then

	// Jobs alone.
	jNewest
	jLater // on an error
	jHead
	jClear
	jNewestAgain
)

func (s step) inLog() bool { return s >= sGet && s <= sVoid }

// writes reports whether a step's call changes something, so that its answer can be lost, or it can be made twice.
func (s step) writes() bool {
	switch s {
	case sReserve, sReserveMove, sDrop, sClaim, sPlace, sFollow, sMove, sVoid, sTake, dPost, dAdvance, dRelease,
		dTakeAgain, dGive, wFill, wTake, wJob, wMark, jLater, jClear:
		return true
	}
	return false
}

// retriesOfHead reports whether HeadRetries hits the step.
func (s step) retriesOfHead() bool {
	return s == sTake || s == dTakeAgain || s == wTake || s == dRelease
}

// waits reports whether the step is no call, but a wait for something to change.
func (s step) waits() bool { return s == wWaitHole || s == wWaitLease }
