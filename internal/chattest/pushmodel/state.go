package pushmodel

import "math/bits"

// Room for a replay. A search uses fewer of each.
const (
	MaxSenders     = 6
	MaxFanouts     = 3
	MaxJobs        = 3
	MaxConnections = 8
	MaxClaims      = 8
	MaxID          = 31

	maxAgents  = MaxSenders + MaxFanouts + MaxJobs
	maxRecords = 8 // of a search
)

// Lease is what the lease of a head says.
type Lease int16

const (
	// Free is the lease that nobody has.
	Free Lease = iota
	// Stream is the lease of a room that only the stream's fan-out and jobs push.
	Stream
	// Ended is the token of an invocation that has ended, or died.
	Ended
	firstToken // of agent 0
)

func (l Lease) isToken() bool { return l >= Ended }

// mark is what job_until says.
type mark int8

const (
	noMark mark = iota
	pastMark
	futureMark
)

// State is all that decides how things go on.
type State struct {
	seq, pushed  int8
	lease        Lease
	mark         mark
	placed, void uint32 // by id
	claims       [MaxClaims]claim
	agents       [maxAgents]agent
	conns        [MaxConnections]conn
	large        bool // the room has too many subscriptions for a sender

	records [maxRecords]int8 // that no fan-out has done, in order
	pending int8             // how many there are
	taken   int8             // how many of them the lane's fan-out has
	lane    int8             // the agent for whose end the lane waits, plus 1; 0: none
	queue   int8             // jobs that nobody works on

	left    [accidents]int8 // how many may still happen
	repeats int8            // posts that showed a connection nothing new, if they are counted

	late   agent // before the call whose first try has not arrived
	lateOf int8  // the agent whose call it is, plus 1; 0: there is none

	oldPushed int8 // before the last release, for reads that are not consistent
	oldLease  Lease
}

// claim is what a client_message_id stands for.
type claim struct{ id, content int8 }

// conn is a connection and its subscription.
type conn struct {
	phase phase
	fate  fate
	has   int8 // all up to here was shown to it
	from  int8 // the position that its join has read
}

type phase int8

const (
	absent     phase = iota // has not begun to join
	subscribed              // then it reads the position, then the log
	positioned
	joined
	unsubscribed
)

type fate int8

const (
	well fate = iota
	unreachable
	gone
	closed
)

// listed reports whether the connection is among the room's subscriptions.
func (c conn) listed() bool { return c.phase >= subscribed && c.phase <= joined }

// mustHave reports whether the connection must be shown what is pushed.
func (c conn) mustHave() bool { return c.phase == joined && c.fate <= unreachable }

// agent is one invocation between two of its calls. Senders, fan-outs and jobs use the same fields.
type agent struct {
	at       step
	own      int8  // a sender's id, 0 for none; the id that a waker fills next
	target   int8  // where the claim points; the id that a waker is for
	put      int8  // the highest id at which something of this sender surely lies
	p        int8  // the position from which it pushes
	e        int8  // up to which
	next     int8  // the entry after the hole; 0: there is none
	todo     uint8 // the connections that have no post of this push yet
	kept     uint8 // all of this push
	round    int8
	reserves int8
	held     Lease // that a waker's release asks for; Ended while another has it
	seen     Lease // the token for whose end a waker waits
	flags    flags
}

type flags uint8

const (
	mine         flags = 1 << iota // the last reserve took the lease
	showedStream                   // the last reserve found the lease to be Stream
	besideRead                     // the subscriptions were read beside the log
	tooMany                        // subscriptions
	failed                         // a post
	expired                        // the token was seen long enough
	reached                        // a waker has released at its id, or after

	shared  = mine         // the message of a job runs twice
	deleted = showedStream // it does no longer lie in the queue

	aboutJob  = shared | deleted
	aboutLoop = aboutJob | expired // what outlasts a push
)

func (a *agent) is(f flags) bool { return a.flags&f != 0 }

func (a *agent) set(f flags, on bool) {
	a.flags &^= f
	if on {
		a.flags |= f
	}
}

func tokenOf(i int) Lease { return firstToken + Lease(i) }

const firstJob = MaxSenders + MaxFanouts

// Kinds of agents by number.
func isSender(i int) bool { return i < MaxSenders }
func isJob(i int) bool    { return i >= firstJob }

// run returns the end of the unbroken run after an id, and the entry after the hole behind it; 0 for none.
func (s *State) run(after int8) (end, beyond int8) {
	end = after + int8(bits.TrailingZeros32(^(s.placed >> (uint(after) + 1))))
	if rest := s.placed >> (uint(end) + 1); rest != 0 {
		beyond = end + 1 + int8(bits.TrailingZeros32(rest))
	}
	return end, beyond
}

// newest returns the highest id that lies in the log.
func (s *State) newest() int8 { return int8(bits.Len32(s.placed)) - 1 }

func (s *State) isPlaced(id int8) bool { return s.placed>>uint(id)&1 != 0 }
func (s *State) isVoid(id int8) bool   { return s.void>>uint(id)&1 != 0 }

// put puts something at an id if nothing is there.
func (s *State) put(id int8, void bool) Found {
	switch {
	case s.isVoid(id):
		return FoundVoid
	case s.isPlaced(id):
		return FoundEntry
	}
	s.placed |= 1 << uint(id)
	if void {
		s.void |= 1 << uint(id)
	}
	if int(s.pending) < maxRecords {
		s.records[s.pending] = id
	}
	s.pending++
	return Done
}

// closing returns the connections that could not even be closed. They get no posts.
func (s *State) closing() (list uint8) {
	for i := range s.conns {
		if s.conns[i].fate == closed {
			list |= 1 << i
		}
	}
	return list
}

// subscriptions returns the connections that a read of the subscriptions shows.
func (s *State) subscriptions() (list uint8) {
	for i := range s.conns {
		if s.conns[i].listed() {
			list |= 1 << i
		}
	}
	return list
}
