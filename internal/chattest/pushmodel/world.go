package pushmodel

// The lane, joins, and what happens to connections and rooms.

// lanes gives a batch of records to a fan-out, or takes the lane's fan-out for dead.
func (m *model) lanes(s *State) {
	if m.replay || m.Fanouts == 0 {
		return
	}
	if s.lane != 0 {
		if m.Fanouts > 1 {
			m.spend(s, GivenUp, func(n *State) {
				n.lane, n.taken = 0, 0
				m.add(n, Event{Agent: int(s.lane) - 1, Call: GiveUp})
			})
		}
		return
	}
	for i := MaxSenders; i < MaxSenders+m.Fanouts; i++ {
		if s.agents[i].at != none {
			continue
		}
		for k := int8(1); k <= s.pending; k++ {
			m.batch(s, i, k)
		}
		return
	}
}

func (m *model) batch(s *State, i int, k int8) {
	n := *s
	n.lane, n.taken = int8(i)+1, k
	a := agent{at: wHead, target: s.records[0], held: Ended}
	for _, id := range s.records[1:k] {
		if id > a.target && !m.wrong(FirstOfBatch) {
			a.target = id
		}
	}
	n.agents[i] = a
	m.add(&n, Event{Agent: i, Call: Begin, ID: a.target})
}

// joins lets connections join: the subscription first, then the position, then the log up to its first hole.
func (m *model) joins(s *State) {
	for k := range s.conns {
		c := s.conns[k]
		e := Event{Agent: -1, Conn: int8(k)}
		n := *s
		switch {
		case c.phase == absent && k < m.conns():
			m.option = true
			n.conns[k].phase, e.Call = subscribed, Subscribe
		case c.phase == subscribed && c.fate <= unreachable:
			n.conns[k].phase, n.conns[k].from, e.Call = positioned, s.pushed, JoinHead
		case c.phase == positioned && c.fate <= unreachable:
			e.Call, e.ID = JoinLog, c.from
			e.End, e.Beyond = s.run(c.from)
			n.conns[k].phase, n.conns[k].from, n.conns[k].has = joined, 0, max(c.has, e.End)
		default:
			continue
		}
		m.add(&n, e)
		m.option = false
	}
}

// changes are what may happen to connections, the room, and the mark.
func (m *model) changes(s *State) {
	if m.replay {
		return
	}
	for k := range s.conns[:m.conns()] {
		c := s.conns[k]
		if !c.listed() {
			continue
		}
		if c.fate <= unreachable {
			m.fateOf(s, k, Gone, gone, IsGone)
		}
		if c.fate == well {
			m.fateOf(s, k, Unreachables, unreachable, IsUnreachable)
		}
		if c.fate == unreachable {
			m.option = true
			n := *s
			n.conns[k].fate = well
			m.add(&n, Event{Agent: -1, Call: Recovers, Conn: int8(k)})
			m.option = false
		}
	}
	m.spend(s, SizeChanges, func(n *State) {
		call := BecomesLarge
		if n.large {
			call = BecomesSmall
		}
		n.large = !n.large
		m.add(n, Event{Agent: -1, Call: call})
	})
	if s.mark == futureMark {
		m.spend(s, Passings, func(n *State) { n.mark = pastMark; m.add(n, Event{Agent: -1, Call: MarkPasses}) })
	}
}

func (m *model) fateOf(s *State, k int, a Accident, f fate, call Call) {
	m.spend(s, a, func(n *State) { n.conns[k].fate = f; m.add(n, Event{Agent: -1, Call: call, Conn: int8(k)}) })
}

// tidy drops the records that tell nothing new: a fan-out that gets one reads the head and ends.
func (s *State) tidy() {
	kept := s.taken
	for k := s.taken; k < s.pending; k++ {
		if id := s.records[k]; id > s.pushed {
			s.records[kept] = id
			kept++
		}
	}
	clear(s.records[kept:])
	s.pending = kept
}
