package pushmodel

// model goes from a state to those that follow it.
type model struct {
	Config
	mistake Mistake
	replay  bool // nothing is bounded, and agents have the choices that the code may make
	out     []successor
	option  bool  // what is added is optional
	seen    Event // what a replay follows
}

type successor struct {
	event    Event
	optional bool // it may as well never happen
	state    State
}

// wrong reports whether the model makes a mistake.
func (m *model) wrong(x Mistake) bool { return m.mistake == x }

// successors returns all that can follow. The slice is used again by the next call.
func (m *model) successors(s *State) []successor {
	m.out = m.out[:0]
	for i := range s.agents {
		if s.agents[i].at != none {
			m.agentSteps(s, i)
		}
	}
	m.arrives(s)
	m.lanes(s)
	m.queueSteps(s)
	m.joins(s)
	m.changes(s)
	return m.out
}

// agentSteps adds what an agent can do next, and what can go wrong then.
func (m *model) agentSteps(s *State, i int) {
	begin, at := len(m.out), s.agents[i].at
	if at == endedWell || at == endedBadly {
		return
	}
	if !at.waits() {
		m.call(s, i)
		m.faults(s, i, begin)
	} else {
		m.wait(s, i, begin)
	}
	m.spend(s, Deaths, func(n *State) {
		n.agents[i] = agent{at: endedBadly, flags: n.agents[i].flags}
		m.add(n, Event{Agent: i, Call: Die})
	})
	for k := begin; k < len(m.out); k++ {
		m.settle(&m.out[k].state, i)
	}
}

func (m *model) call(s *State, i int) {
	n := *s
	switch at := s.agents[i].at; {
	case at.inLog():
		m.logCall(&n, i)
	case at == sLook, at == sTake:
		m.lookCall(&n, i)
	case at >= dLog && at <= dGive:
		m.directCall(&n, i)
	case at >= wHead && at <= wMark:
		m.wakeCall(&n, i)
	default:
		m.jobCall(&n, i)
	}
}

// add adds a transition.
func (m *model) add(n *State, e Event) { m.out = append(m.out, successor{e, m.option, *n}) }

// spend does what an accident does to a copy of s, if it may still happen.
func (m *model) spend(s *State, a Accident, do func(*State)) {
	if s.left[a] == 0 && !m.replay || m.replay && a == TimesUp && !m.seen.Late {
		return
	}
	n := *s
	if !m.replay {
		n.left[a]--
	}
	before := m.option
	m.option = true
	do(&n)
	m.option = before
}

// faults adds to the transitions of a call, which begin at begin, the same with a lost answer, and a call that fails.
func (m *model) faults(s *State, i int, begin int) {
	a, end := s.agents[i], len(m.out)
	if a.at == dPost || end == begin { // posts have their own
		return
	}
	after := a
	m.onError(i, &after)
	if a.at.writes() {
		for k := begin; k < end; k++ {
			m.fault(k, i, Losses, Lost, after)
			m.fault(k, i, Retries, Retried, a)
			if a.at.retriesOfHead() {
				m.fault(k, i, HeadRetries, Retried, a)
			}
		}
		m.delay(s, i, m.out[begin].event.Call)
	}
	m.spend(s, Failures, func(n *State) {
		n.agents[i] = after
		e := m.out[begin].event
		m.add(n, Event{
			Agent: i, Call: e.Call, ID: e.ID, From: e.From, Held: e.Held, Next: e.Next, Void: e.Void, Fault: Failed,
		})
		if m.replay && a.at == dLog {
			m.besideFails(n, i, a)
		}
	})
}

// fault adds a transition as another one that ends otherwise for the agent.
func (m *model) fault(k, i int, kind Accident, f Fault, after agent) {
	state := m.out[k].state
	m.spend(&state, kind, func(n *State) {
		e := m.out[k].event
		e.Fault = f
		n.agents[i] = after
		m.add(n, e)
	})
}

// onError changes an agent whose call has failed.
func (m *model) onError(i int, a *agent) {
	switch {
	case (a.at == sReserve || a.at == sReserveMove) && !m.NoDirect:
		a.at = sDrop
	case a.at.inLog() && a.at != sDrop:
		m.finish(a)
	case isSender(i) && a.at == dLogAgain:
		m.endRounds(i, a) // the lease is free
	case isSender(i) && (a.at == sTake || a.at >= dLog && a.at < dGive):
		a.at = dGive
	case isSender(i):
		*a = agent{at: endedWell}
	default:
		m.wakerError(i, a)
	}
}

// settle does what the end of an agent brings.
func (m *model) settle(n *State, i int) {
	a := n.agents[i]
	if a.at != endedWell && a.at != endedBadly {
		return
	}
	if m.replay { // which is told when it ends
		n.agents[i] = agent{at: a.at}
		return
	}
	n.agents[i] = agent{}
	m.retire(n, tokenOf(i))
	if n.lateOf == int8(i)+1 && !isSender(i) { // its number goes to another invocation
		n.late, n.lateOf = agent{}, 0
	}
	switch {
	case isJob(i):
		m.jobEnds(n, a)
	case n.lane == int8(i)+1:
		if a.at == endedWell {
			copy(n.records[:], n.records[n.taken:])
			n.pending -= n.taken
			clear(n.records[n.pending:])
		}
		n.lane, n.taken = 0, 0
	}
}

// retire makes the token of an agent that has ended the token of nobody.
func (m *model) retire(n *State, token Lease) {
	left := n.lease == token
	if left {
		n.lease = Ended
	}
	for j := range n.agents {
		b := &n.agents[j]
		if b.seen == token {
			if b.seen = Free; left {
				b.seen = Ended
			}
		}
	}
}
