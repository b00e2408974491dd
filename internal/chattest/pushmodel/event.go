package pushmodel

import (
	"fmt"
	"strings"
)

// Call is what an agent calls, or what happens.
type Call int8

// The calls of senders and wakers, and what else happens.
const (
	GetClaim Call = iota
	Reserve
	Drop
	PutClaim
	Place // an entry or a void
	MoveClaim
	ReadHead
	Take
	ReadLog
	Newest
	Subscriptions
	Post
	Unsubscribe
	Close
	MarkClosing
	Release
	Advance
	Give       // the lease to the stream
	Mark       // the room as left to a job, and give the lease
	ExtendMark // if there is one
	SendJob
	Begin // of a fan-out or a job
	Die

	Subscribe // of a join
	JoinHead
	JoinLog
	GiveUp     // the lane takes its fan-out for dead
	Expire     // a token was seen long enough
	MarkPasses // job_until is over
	Duplicate  // the queue delivers a job once more
	BecomesLarge
	BecomesSmall
	IsGone
	IsUnreachable
	Recovers
)

func (c Call) String() string {
	return [...]string{
		"GET", "RESERVE", "DROP", "CLAIM", "PLACE", "MOVE", "HEAD", "TAKE", "LOG", "NEWEST", "SUBS", "POST", "UNSUB",
		"CLOSE", "MARK CLOSING", "RELEASE", "ADVANCE", "GIVE", "MARK", "EXTEND", "JOB", "BEGIN", "DIE", "SUBSCRIBE", "JOIN HEAD", "JOIN LOG",
		"GIVEN UP", "EXPIRE", "JOB_UNTIL PASSES", "JOB TWICE", "LARGE", "SMALL", "GONE", "UNREACHABLE", "RECOVERS",
	}[c]
}

// Found is what a call found.
type Found int8

const (
	// Done is the outcome of a call that did what it was to do.
	Done Found = iota
	// FoundVoid is the outcome of a put where a void lies.
	FoundVoid
	// FoundEntry is the outcome of a put where an entry lies.
	FoundEntry
	// FoundNone is the outcome of a read of a claim that is not there.
	FoundNone
	// FoundSame is a claim of the same content.
	FoundSame
	// FoundOther is a claim of other content.
	FoundOther
	// Refused is the outcome of a call whose condition failed, and of a post to a connection that is gone.
	Refused
)

func (f Found) String() string {
	return [...]string{"done", "void", "entry", "none", "same", "other", "refused"}[f]
}

// Fault is what went wrong with a call.
type Fault int8

const (
	// NoFault is a call whose answer came.
	NoFault Fault = iota
	// Failed is a call that was not made, and whose caller saw an error.
	Failed
	// Lost is a call that was made, and whose caller saw an error.
	Lost
	// Retried is a call that was made, whose answer was lost, and that the SDK makes once more.
	Retried
	// Delayed is a call that the SDK makes once more while its first try is under way still.
	Delayed
	// Arrived is that first try.
	Arrived
)

func (f Fault) String() string {
	return [...]string{
		"", " (failed)", " (answer lost)", " (made, and tried again)", " (under way, and tried again)",
		" (the first try)",
	}[f]
}

// Event is one transition, with all that the agent could see of it. What a call has no use for is zero.
type Event struct {
	Agent  int // a number of the kinds of agents in a search; an invocation in a replay; -1 for the world
	Call   Call
	ID     int8  // at which is put or claimed; after which the log is read; up to which is pushed
	From   int8  // the first id of a post; the id that a claim points to, or pointed to
	Held   Lease // that the call asks for
	Next   Lease // that it sets
	Void   bool  // what is put
	Found  Found
	Seq    int8 // of the head that a call returned
	Pushed int8
	Lease  Lease
	Marked bool // a job is told of, whose time is not over
	End    int8 // of the run that the log has; the newest id; where the claim points
	Beyond int8 // the entry after the hole
	Conn   int8
	Fault  Fault
	Late   bool // so late that a holder may begin no further round; only in a replay
}

// String returns one line for people.
func (e Event) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-9s %s", agentName(e.Agent), e.Call)
	switch e.Call {
	case GetClaim, PutClaim, MoveClaim:
		fmt.Fprintf(&b, " %d: %s %d", e.ID, e.Found, e.End)
	case Place:
		fmt.Fprintf(&b, " %d%s: %s", e.ID, map[bool]string{true: " void"}[e.Void], e.Found)
	case Reserve, ReadHead:
		job := map[bool]string{true: ", a job"}[e.Marked]
		fmt.Fprintf(&b, ": seq %d, pushed %d, lease %s%s", e.Seq, e.Pushed, e.Lease, job)
	case Take, Give, Mark:
		fmt.Fprintf(&b, " if %s: %s, pushed %d", e.Held, e.Found, e.Pushed)
	case Release, Advance:
		fmt.Fprintf(&b, " %d, %s if %s: %s, seq %d", e.ID, e.Next, e.Held, e.Found, e.Seq)
	case ReadLog, JoinLog:
		fmt.Fprintf(&b, " after %d: to %d, then %d", e.ID, e.End, e.Beyond)
	case Newest:
		fmt.Fprintf(&b, ": %d", e.End)
	case Post:
		fmt.Fprintf(&b, " %d–%d to %d: %s", e.From, e.ID, e.Conn, e.Found)
	case Begin:
		fmt.Fprintf(&b, " for %d", e.ID)
	case Subscribe, JoinHead, Unsubscribe, Close, MarkClosing, IsGone, IsUnreachable, Recovers:
		fmt.Fprintf(&b, " %d", e.Conn)
	}
	return b.String() + e.Fault.String()
}

func (l Lease) String() string {
	switch {
	case l == Free:
		return "free"
	case l == Stream:
		return "stream"
	case l == Ended:
		return "of one that ended"
	case l >= tokensAbove:
		return fmt.Sprint("of invocation ", int(l)-tokensAbove, ", which ended")
	}
	return agentName(int(l - firstToken))
}

func agentName(i int) string {
	switch {
	case i < 0:
		return "–"
	case isSender(i):
		return fmt.Sprint("sender ", i+1)
	case isJob(i):
		return fmt.Sprint("job ", i-MaxSenders-MaxFanouts+1)
	}
	return fmt.Sprint("fan-out ", i-MaxSenders+1)
}
