package pushmodel

// Posts, and what moves the position behind them.

// upTo returns the last id of a waker's or sender's next post.
func (m *model) upTo(i int, a *agent) int8 {
	if m.Steps && !isSender(i) {
		return a.p + 1
	}
	return a.e
}

// post posts to one connection. In a search the order of connections is always the same: no agent could tell.
func (m *model) post(n *State, i int, a *agent) {
	for c := range int8(MaxConnections) {
		if a.todo>>c&1 == 0 {
			continue
		}
		m.postTo(n, i, c)
		if !m.replay {
			return
		}
	}
}

func (m *model) postTo(s *State, i int, c int8) {
	if m.replay {
		m.postSeen(s, i, c)
		return
	}
	a := s.agents[i]
	e := Event{Agent: i, Call: Post, From: a.p + 1, ID: m.upTo(i, &a), Conn: c}
	if fate := s.conns[c].fate; fate != well {
		m.postFails(s, i, e, fate)
		return
	}
	n := *s
	m.show(&n, e)
	m.posted(&n, i, c)
	m.add(&n, e)
	m.spend(s, Failures, func(n *State) { e.Fault = Failed; m.unposted(n, i, c); m.add(n, e) })
	m.spend(s, Losses, func(n *State) { e.Fault = Lost; m.show(n, e); m.unposted(n, i, c); m.add(n, e) })
	m.spend(s, Retries, func(n *State) { e.Fault = Retried; m.show(n, e); m.add(n, e) })
}

// show shows a connection the entries of a post.
func (m *model) show(n *State, e Event) {
	c := &n.conns[e.Conn]
	if e.From <= c.has && int(e.Conn) < m.Members && (m.Calm || m.Repeats > 0) {
		n.repeats = min(n.repeats+1, 3)
	}
	c.has = max(c.has, e.ID)
}

// postFails is a post to a connection that is gone, or can't be reached.
func (m *model) postFails(s *State, i int, e Event, f fate) {
	n := *s
	if f != unreachable {
		n.conns[e.Conn].phase = unsubscribed
		n.agents[i].kept &^= 1 << e.Conn
		m.posted(&n, i, e.Conn)
		e.Found = Refused
		m.add(&n, e)
		return
	}
	if isSender(i) || !m.Closes {
		e.Fault = Failed
		m.unposted(&n, i, e.Conn)
		m.add(&n, e)
	}
	if !isSender(i) {
		n := *s
		n.conns[e.Conn].fate, n.conns[e.Conn].phase = closed, unsubscribed
		n.agents[i].kept &^= 1 << e.Conn
		m.posted(&n, i, e.Conn)
		m.add(&n, Event{Agent: i, Call: Close, Conn: e.Conn})
	}
}

// posted goes on after a post.
func (m *model) posted(n *State, i int, c int8) {
	a := &n.agents[i]
	a.todo &^= 1 << c
	m.postsDone(n, i, a)
}

// unposted goes on after a post that failed. A sender makes its other posts still.
func (m *model) unposted(n *State, i int, c int8) {
	a := &n.agents[i]
	switch {
	case m.wrong(FailedPostPassedOver):
	case isSender(i):
		a.set(failed, true)
	default:
		m.wakerError(i, a)
		return
	}
	m.posted(n, i, c)
}

func (m *model) postsDone(n *State, i int, a *agent) {
	switch {
	case a.todo != 0:
	case a.is(failed):
		a.at = dGive
	case m.upTo(i, a) < a.e:
		a.at = dAdvance
	case m.wrong(PushedBeforePush):
		m.endRounds(i, a)
	case m.wrong(SecondLogBefore) && isSender(i):
		a.at = dLogAgain
	default:
		a.at = dRelease
	}
}

// advance moves the position between two steps of a push.
func (m *model) advance(n *State, i int, a *agent) {
	to := m.upTo(i, a)
	e := Event{Agent: i, Call: Advance, ID: to, Held: a.held, Found: Refused}
	if n.lease == a.held && n.pushed == a.p {
		n.pushed, e.Found = to, Done
		a.p, a.at = to, dSubs
		if isJob(i) {
			m.spend(n, TimesUp, func(b *State) { m.leave(&b.agents[i], wJob); m.add(b, e) })
		}
	} else if isJob(i) {
		m.wakerError(i, a) // it gives way to the other
	} else {
		a.again()
	}
	m.add(n, e)
}

func (m *model) release(n *State, i int, a *agent) {
	held := a.held
	if isSender(i) {
		held = tokenOf(i)
	}
	e := Event{Agent: i, Call: Release, ID: a.e, Held: held, Next: m.nextLease(a, i), Seq: n.seq, Found: Refused}
	unbound := m.wrong(UnboundRelease) && held == Stream
	if n.lease == held && n.pushed <= a.e || unbound {
		if m.wrong(StaleHead) || m.wrong(LookStale) {
			n.oldPushed, n.oldLease = n.pushed, n.lease
		}
		n.pushed, n.lease, n.mark, e.Found = a.e, e.Next, noMark, Done
	}
	more := n.seq > a.e && a.round+1 < m.rounds() && !m.wrong(NoSecondLog) && !m.wrong(SecondLogBefore)
	switch {
	case m.wrong(PushedBeforePush) && a.todo != 0:
		a.at = dPost
		m.add(n, e)
	case isSender(i):
		m.releasedBySender(n, i, more, e)
	default:
		m.releasedByWaker(n, i, more, e)
	}
}

// nextLease returns the lease that a release leaves.
func (m *model) nextLease(a *agent, i int) Lease {
	if !isSender(i) && a.is(tooMany) && !(m.NoDirect && a.held == Free) {
		return Stream
	}
	return Free
}

func (m *model) releasedBySender(n *State, i int, more bool, e Event) {
	if more {
		m.spend(n, TimesUp, func(b *State) { m.endRounds(i, &b.agents[i]); m.add(b, e) })
		n.agents[i].goOn()
	} else {
		m.endRounds(i, &n.agents[i])
	}
	m.add(n, e)
}

// releasedByWaker reads the log once more, as a sender does, or ends.
func (m *model) releasedByWaker(n *State, i int, more bool, e Event) {
	a := &n.agents[i]
	done := e.Found == Done && a.e >= a.target || e.Found == Refused && m.wrong(EndsStolen)
	a.set(reached, a.is(reached) || done)
	more = more && !a.is(tooMany) && !m.NoDirect
	if more {
		m.spend(n, TimesUp, func(b *State) { m.endRounds(i, &b.agents[i]); m.add(b, e) })
		a.goOn()
	} else {
		m.endRounds(i, a)
	}
	m.add(n, e)
}

// goOn reads the log once more after a release.
func (a *agent) goOn() {
	a.round++
	a.at = dLogAgain
}

// again reads the head again.
func (a *agent) again() {
	*a = agent{at: wHead, target: a.target, held: a.held, seen: a.seen, flags: a.flags & aboutLoop}
}

// endRounds ends a push.
func (m *model) endRounds(i int, a *agent) {
	switch {
	case isSender(i):
		*a = agent{at: endedWell}
	case a.is(reached):
		m.wakeEnds(i, a)
	default:
		a.again()
	}
}

func (m *model) giveBySender(n *State, i int, a *agent) {
	e := Event{Agent: i, Call: Give, Held: tokenOf(i), Found: Refused}
	if n.lease == e.Held {
		n.lease, e.Found = Stream, Done
		if m.wrong(FreesAfterError) {
			n.lease = Free
		}
	}
	*a = agent{at: endedWell}
	m.add(n, e)
}
