package pushmodel

// Mistake is one condition that is left out, or done wrong.
type Mistake int

// The mistakes.
const (
	// NoMistake is the system as it is.
	NoMistake Mistake = iota

	// Connections lack entries.

	SubscriptionsFirst   // the subscriptions are read before the log
	SubscriptionsKept    // those of the first round are kept for the next
	SubscriptionsStale   // their read is not consistent
	PushedBeforePush     // pushed_id moves before the push
	FailedPostPassedOver // a failed post is taken for done
	ShortCutAlways       // what was read beside the log is good for any run
	ShortCutUnput        // it is good for an own entry that this sender has not seen in the log

	// Nobody wakes, or for ever.

	TrustsLease  // a fan-out leaves the room to whoever has the lease
	FirstOfBatch // it takes the first id of its batch
	EndsAtHole   // it does not wait at a hole
	EndsStolen   // it ends well though its release failed
	NoExpiry     // it never takes the lease of one that is silent
	ForgetsToken // a waker does not know its own token

	// Repeats without an accident.

	ReserveSteals   // RESERVE takes the lease whoever has it
	TakeSteals      // TAKE does
	PositionBefore  // the push begins at the position from before TAKE
	NoLease         // a fan-out pushes without the lease
	NoWait          // it takes a lease that it has just seen
	StaleHead       // under Stream it keeps the head that it has read first
	UnboundRelease  // RELEASE under Stream has no condition
	FreesAfterError // a sender whose post failed frees the lease instead of leaving it to the stream

	// Left to the stream, or a lease left.

	NoLook               // no look at the head after the place
	LookBeforePlace      // it comes before
	LookStale            // its read is not consistent
	NoLookAfterVoid      // none after an own id was made void
	NoSecondLog          // no look at the log after the release
	SecondLogBefore      // it comes before
	RetriedTakeForgets   // a TAKE that is made twice does not know its own token
	ConflictKeepsLease   // a conflict ends without the push
	FollowKeepsLease     // so does a repeat that follows
	ReserveTakesLeaseOff // with direct push off, RESERVE takes the lease

	// The queue.

	LeftToUnsentJob   // a room is marked and left though the job could not be sent
	MarkBeforeJob     // the mark is set before the job is sent
	NoLastLook        // a job ends without a last look at the log
	MarkAfterJobEnded // the mark does not ask whether the room was pushed meanwhile
	JobMarks          // a job that fails sets the mark though there is none
	mistakes
)
