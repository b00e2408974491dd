package pushmodel

// Writes whose first try arrives after the second one.

// delay keeps the first try of a call under way. The agent makes it once more.
func (m *model) delay(s *State, i int, call Call) {
	if m.replay || s.lateOf != 0 || s.agents[i].at == wJob {
		return
	}
	m.spend(s, LateCopies, func(n *State) {
		n.late, n.lateOf = s.agents[i], int8(i)+1
		m.add(n, Event{Agent: i, Call: call, Fault: Delayed})
	})
}

// arrives lets a first try arrive. Its agent sees nothing of it.
func (m *model) arrives(s *State) {
	if s.lateOf == 0 {
		return
	}
	i := int(s.lateOf) - 1
	now, begin := s.agents[i], len(m.out)
	n := *s
	n.late, n.lateOf = agent{}, 0
	n.agents[i] = s.late
	m.call(&n, i)
	m.out = m.out[:begin+1] // however the agent would have gone on
	x := &m.out[begin]
	x.event.Fault = Arrived
	x.optional = true
	x.state.agents[i] = now
	if now.at == none {
		m.retire(&x.state, tokenOf(i))
	}
}
