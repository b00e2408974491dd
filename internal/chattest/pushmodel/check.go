package pushmodel

// Broken names a property that does not hold; "" is none.
type Broken string

// The properties.
const (
	// LacksEntry is a connection that lacks an entry at the end, or that pushed_id has passed.
	LacksEntry Broken = "a connection lacks an entry"
	// OutOfOrder is an entry that comes to a connection before an older one that it lacks.
	OutOfOrder Broken = "a new entry comes before an older one"
	// PushedBack is a position that moves back.
	PushedBack Broken = "pushed_id moves back"
	// PushedPast is a position past the end of the unbroken run.
	PushedPast Broken = "pushed_id passes a hole"
	// ReservedTwice is an id that two sends get.
	ReservedTwice Broken = "an id is reserved twice"
	// Repeated is a post with nothing new, though nothing went wrong.
	Repeated Broken = "an entry is pushed again"
	// LeaseLeft is the token of one that has ended, though nothing went wrong.
	LeaseLeft Broken = "a lease is left"
	// NotPushed is an entry that nobody pushes, or a hole that nobody fills.
	NotPushed Broken = "an entry is not pushed"
	// Waits is an agent that waits for ever.
	Waits Broken = "an agent waits for ever"
	// GoesRound is a circle of calls on which nothing goes wrong.
	GoesRound Broken = "calls go round for ever"
)

// check says what a transition breaks.
func (m *model) check(old *State, x *successor) Broken {
	s, e := &x.state, x.event
	switch e.Call {
	case Post:
		c := old.conns[e.Conn]
		if e.Found == Done && e.Fault != Failed && c.mustHave() && e.From > c.has+1 {
			return OutOfOrder
		}
	case Reserve:
		if e.Seq > 0 && s.held(e.Seq, e.Agent) {
			return ReservedTwice
		}
	case JoinLog:
		if s.conns[e.Conn].has > e.End {
			return OutOfOrder
		}
	}
	if s.repeats > m.Repeats {
		return Repeated
	}
	if s.pushed == old.pushed {
		return ""
	}
	if s.pushed < old.pushed {
		return PushedBack
	}
	if end, _ := s.run(0); s.pushed > end {
		return PushedPast
	}
	return s.lacks(s.pushed)
}

// held reports whether an id lies in the log, or another sender has it.
func (s *State) held(id int8, but int) bool {
	for i := range MaxSenders {
		if i != but && s.agents[i].own == id {
			return true
		}
	}
	return s.isPlaced(id)
}

// lacks reports a connection that was not shown all up to an id.
func (s *State) lacks(id int8) Broken {
	for i := range s.conns {
		if c := s.conns[i]; c.mustHave() && c.has < id {
			return LacksEntry
		}
	}
	return ""
}

// checkEnd says what is broken at a state after which nothing has to happen.
func (m *model) checkEnd(s *State) Broken {
	for i := range s.agents {
		if s.agents[i].at != none {
			return Waits
		}
	}
	newest := s.newest()
	if lacks := s.lacks(newest); lacks != "" && s.pushed >= newest {
		return lacks
	}
	if s.pushed < newest {
		return NotPushed
	}
	if m.Calm && s.lease.isToken() {
		return LeaseLeft
	}
	return ""
}
