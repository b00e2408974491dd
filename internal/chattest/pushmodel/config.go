package pushmodel

// Config says who takes part, and what may go wrong.
type Config struct {
	Name    string
	Senders []Sender
	// Fanouts is how many may live at a time. Without any nothing comes of the stream.
	Fanouts int
	// Jobs is how many the queue may run at a time. Without any a job can't be sent.
	Jobs int
	// Members are connections that have joined, Joiners such that join while the model runs.
	Members, Joiners int
	// NoDirect switches direct push off.
	NoDirect bool
	// Large is how the room begins.
	Large bool
	// Steps lets wakers push a run in two steps.
	Steps bool
	// Closes has wakers close what they can't reach. Else they may fail too.
	Closes bool
	// Rounds is how often one holder of the lease pushes; 0 stands for 3.
	Rounds int8
	// Accidents is how often each may happen.
	Accidents Accidents
	// Calm configurations show no connection an entry twice, and leave no token in the lease.
	Calm bool
	// Repeats is how many posts may show a connection nothing new where it is not calm; 0: any number.
	Repeats int8
	// Endless searches do not look for calls that go round: an agent may try for ever, or there are too many states.
	Endless bool
}

// Sender is one send.
type Sender struct {
	// Message is the number of its client_message_id, from 1. A message 0 is one that nobody else sends. Its claim is
	// left out then: no other agent would see it.
	Message int8
	// Content is the content that stands behind the client_message_id.
	Content int8
}

// Accident is something that goes wrong, or that seldom happens.
type Accident int

// The accidents.
const (
	Deaths       Accident = iota
	Expiries              // a live holder's token is seen unchanged for long
	Failures              // a call is not made, and its caller sees an error
	Losses                // a call is made, and its caller sees an error
	Retries               // a write is made, and the SDK makes it once more
	HeadRetries           // the same, but of TAKE and RELEASE alone
	LateCopies            // a write is tried again, and its first try arrives later
	GivenUp               // a fan-out is taken for dead
	Late                  // a hole is filled though its writer lives
	Gone                  // a connection is lost
	Unreachables          // posts to a connection fail until it recovers
	JobsTwice             // the queue delivers a job twice
	Passings              // job_until passes
	TimesUp               // a holder has no time for a further round
	SizeChanges           // the room becomes large, or small
	accidents
)

// Accidents is how often each accident may happen, up to 3.
type Accidents map[Accident]int8

const defaultRounds = 3

func (c Config) rounds() int8 {
	if c.Rounds == 0 {
		return defaultRounds
	}
	return c.Rounds
}

// start returns the state in which all begins.
func (c Config) start() State {
	s := State{large: c.Large}
	s.placed = 1 // as if something lay at id 0: so a run has a beginning
	for i := range c.Senders {
		s.agents[i].at = sGet
		if c.Senders[i].Message == 0 {
			s.agents[i].at = sReserve
		}
	}
	for i := range c.Members {
		s.conns[i].phase = joined
	}
	for a, n := range c.Accidents {
		s.left[a] = n
	}
	return s
}

// conns is how many connections there can be.
func (c Config) conns() int { return c.Members + c.Joiners }
