package pushmodel

// How a replay follows one call.

// agreeing returns the states after a call that was seen. They are good until its next call.
func (m *model) agreeing(s *State, e Event) (states []successor) {
	m.out, m.seen = m.out[:0], e
	switch {
	case e.Agent >= 0 && (e.Call == Close || e.Call == MarkClosing || e.Call == Unsubscribe || e.Call == IsGone):
		m.upkeep(s, e)
		return m.out
	case e.Agent < 0:
		m.happens(s, e)
		return m.out
	}
	m.agentSteps(s, e.Agent)
	for _, x := range m.out {
		if x.event.agrees(e) {
			states = append(states, x)
		}
	}
	return states
}

// agrees reports whether what was seen can be this transition. What a call that was not made was to do is not seen.
func (e Event) agrees(seen Event) bool {
	seen.Late = false
	if seen.Fault == Failed {
		return e.Call == seen.Call && e.Fault == Failed
	}
	switch e.Call {
	case Give, Drop, Mark, ExtendMark: // tell their caller nothing
		return e.Call == seen.Call && e.Held == seen.Held && e.ID == seen.ID && e.Fault == seen.Fault
	case ReadHead:
		e.ID = 0 // a name for people
	}
	return e == seen
}

// besideFails adds what else may be seen where the log and the subscriptions are read beside each other: the log fails,
// or the subscriptions do and the log is read all the same.
func (m *model) besideFails(n *State, i int, before agent) {
	m.add(n, Event{Agent: i, Call: ReadLog, Fault: Failed})
	before.set(failed|besideRead, true)
	n.agents[i] = before
	m.add(n, Event{Agent: i, Call: Subscriptions, Fault: Failed})
}

// postSeen follows a post: a frame of those that a connection is to get.
func (m *model) postSeen(s *State, i int, c int8) {
	e, a := m.seen, s.agents[i]
	if e.Call != Post || e.Fault != Failed && (e.Conn != c || e.From <= a.p || e.ID < e.From || e.ID > a.e) {
		return
	}
	n := *s
	conn := &n.conns[c]
	switch e.Fault {
	case Failed:
		e.Conn = c
	case NoFault:
		if e.Found == Refused {
			conn.fate = gone
		} else {
			m.show(&n, e)
		}
		if e.Found == Refused || e.ID == a.e {
			m.posted(&n, i, c)
		}
		m.add(&n, e)
		return
	default:
		m.show(&n, e)
	}
	if e.Fault != Retried && conn.fate == well {
		conn.fate = unreachable
	}
	m.add(&n, e) // and it is tried again
	if e.Fault == Retried {
		return
	}
	gives := n
	m.unposted(&gives, i, c)
	m.add(&gives, e)
	if isSender(i) { // it may leave its other posts
		n.agents[i].at = dGive
		m.add(&n, e)
	}
}

// upkeep follows what is done about a connection that is gone or can't be reached. It may be done at any time. One that
// could not even be closed is marked as closing: only such a one is called closed here.
func (m *model) upkeep(s *State, e Event) {
	if e.Fault == Failed {
		m.add(s, e)
		return
	}
	n := *s
	c := &n.conns[e.Conn]
	switch fate := c.fate; {
	case fate == well, e.Call == Unsubscribe && fate == unreachable:
		return
	case e.Call == Unsubscribe:
		c.phase = unsubscribed
	default:
		if c.fate = gone; e.Call == MarkClosing {
			c.fate = closed
		}
		if n.agents[e.Agent].at == dPost && e.Fault == NoFault {
			m.posted(&n, e.Agent, e.Conn)
		}
	}
	m.add(&n, e)
}

// happens follows what no agent of the model does.
func (m *model) happens(s *State, e Event) {
	n := *s
	c := &n.conns[e.Conn]
	switch e.Call {
	case Subscribe:
		if c.phase == absent || c.phase == unsubscribed {
			*c = conn{phase: subscribed}
		}
	case JoinLog:
		if end, beyond := s.run(e.ID); e.End != end || e.Beyond != beyond {
			return
		}
		if c.phase == subscribed { // else it was found gone, and its subscription was removed
			c.phase, c.has = joined, max(c.has, e.End)
		}
	case Place: // a void, by a reader
		if n.put(e.ID, true) != e.Found {
			return
		}
	case BecomesLarge, BecomesSmall:
		n.large = e.Call == BecomesLarge
	case IsGone:
		c.fate = gone
	case MarkPasses:
		if n.mark == futureMark {
			n.mark = pastMark
		}
	default:
		return
	}
	m.add(&n, e)
}
