package pushmodel

// A wake, by a fan-out or a job.

func (m *model) wakeCall(n *State, i int) {
	a := &n.agents[i]
	switch a.at {
	case wHead:
		if m.wrong(StaleHead) && n.oldLease == Stream {
			b := *n
			b.pushed, b.lease = n.oldPushed, n.oldLease
			m.head(&b, i)
			x := &m.out[len(m.out)-1].state
			x.pushed, x.lease = n.pushed, n.lease
		}
		m.head(n, i)
	case wLog:
		m.wakeLog(n, i, a)
	case wTake:
		seen := Free
		if a.is(expired) || m.wrong(NoWait) {
			seen = a.seen
		}
		m.take(n, i, a, seen)
	case wFill:
		m.fill(n, i)
	case wJob:
		m.sendJob(n, i, a)
	case wMark:
		m.markJob(n, i, a)
	}
}

func (m *model) head(n *State, i int) {
	a := &n.agents[i]
	me := tokenOf(i)
	e := n.headEvent(i)
	e.ID = a.target
	others := n.lease.isToken() && (n.lease != me || m.wrong(ForgetsToken))
	switch {
	case n.pushed >= a.target,
		n.mark == futureMark && !isJob(i),
		others && m.wrong(TrustsLease):
		m.wakeEnds(i, a)
		m.add(n, e)
		return
	case others:
		if a.held = Ended; a.seen != n.lease {
			a.seen = n.lease
			a.set(expired, false)
		}
	default:
		a.held, a.seen = n.lease, Free
		a.set(expired, false)
	}
	a.p, a.at = n.pushed, wLog
	m.add(n, e)
}

// headEvent is a read of the head.
func (s *State) headEvent(i int) Event {
	return Event{
		Agent: i, Call: ReadHead, Seq: s.seq, Pushed: s.pushed, Lease: s.lease, Marked: s.mark == futureMark,
	}
}

// needsNoTake reports whether a waker pushes under the lease that the head has.
func (m *model) needsNoTake(a *agent) bool {
	return a.held == Stream || m.NoDirect && a.held == Free || m.wrong(NoLease)
}

func (m *model) wakeLog(n *State, i int, a *agent) {
	a.e, a.next = n.run(a.p)
	e := Event{Agent: i, Call: ReadLog, ID: a.p, End: a.e, Beyond: a.next}
	switch {
	case a.e > a.p && m.needsNoTake(a):
		a.at = dSubs
	case a.e < a.target && (a.next == 0 || m.wrong(EndsAtHole)):
		m.wakeEnds(i, a)
	case a.e < a.target:
		a.at = wWaitHole
	case a.seen != Free && !a.is(expired) && !m.wrong(NoWait):
		a.at = wWaitLease
		if m.replay {
			b := *n
			b.agents[i].set(expired, true)
			b.agents[i].at = wTake
			m.add(&b, e)
		}
	default:
		a.at = wTake
	}
	m.add(n, e)
}

// wait ends a wait: something has changed, or it has lasted long enough. To look again when nothing has changed would
// lead back to where the waker is.
func (m *model) wait(s *State, i int, begin int) {
	a := s.agents[i]
	if m.replay || m.changed(s, i) {
		n := *s
		n.agents[i].again()
		m.call(&n, i)
		m.faults(&n, i, begin)
	}
	switch {
	case a.at == wWaitHole:
		n := *s
		n.agents[i].at, n.agents[i].own = wFill, a.e+1
		k := len(m.out)
		m.call(&n, i)
		m.faults(&n, i, k)
	case m.replay || a.is(expired) || s.lease != a.seen || m.wrong(NoExpiry):
	case a.seen == Ended:
		m.expire(s, i)
	default:
		m.spend(s, Expiries, func(n *State) { m.expire(n, i) })
	}
}

func (m *model) expire(s *State, i int) {
	n := *s
	n.agents[i].again()
	n.agents[i].set(expired, true)
	m.add(&n, Event{Agent: i, Call: Expire})
}

// changed reports whether a waker that waits would see something new.
func (m *model) changed(s *State, i int) bool {
	a := &s.agents[i]
	sees := a.held
	if sees == Ended { // another's
		sees = a.seen // Free once that one has ended and lost it
	}
	end, beyond := s.run(a.p)
	return s.pushed != a.p || s.lease != sees || sees == Free && a.held == Ended || end != a.e || beyond != a.next ||
		s.mark == futureMark && !isJob(i)
}

// fill makes an id void whose writer is late. That is an accident while the writer lives.
func (m *model) fill(s *State, i int) {
	do := func(n *State) {
		a := &n.agents[i]
		e := Event{Agent: i, Call: Place, ID: a.own, Void: true, Found: n.put(a.own, true)}
		if a.own++; a.own == a.next {
			a.again()
		}
		m.add(n, e)
	}
	if id := s.agents[i].own; !s.isPlaced(id) && s.isAwaited(id) {
		m.spend(s, Late, do)
		return
	}
	do(s)
}

// isAwaited reports whether somebody lives who is to put something at the id.
func (s *State) isAwaited(id int8) bool {
	for i := range MaxSenders {
		if a := &s.agents[i]; a.at.inLog() && (a.own == id || a.target == id) {
			return true
		}
	}
	return false
}

// wakeEnds ends a wake well. A job looks once more then.
func (m *model) wakeEnds(i int, a *agent) {
	*a = agent{at: endedWell, held: a.held, flags: a.flags & aboutJob}
	if isJob(i) {
		a.at = jHead
	}
}

// wakerError goes on after a call of a waker that failed.
func (m *model) wakerError(i int, a *agent) {
	switch {
	case a.at == dLogAgain: // the lease is free, and what is left has records
		m.endRounds(i, a)
		return
	case a.at == wTake, a.at == dTakeAgain:
		a.held = tokenOf(i) // it may have been taken
	}
	switch {
	case a.at == wJob && m.wrong(LeftToUnsentJob):
		m.leave(a, wMark)
	case a.at == wMark && !m.wrong(MarkBeforeJob):
		m.leave(a, endedWell)
	case a.at == wJob, a.at == wMark, a.at >= jNewest:
		m.leave(a, endedBadly)
	case isJob(i):
		m.leave(a, jLater)
	case m.wrong(MarkBeforeJob):
		m.leave(a, wMark)
	default:
		m.leave(a, wJob)
	}
}

// leave goes on with a step of those that leave the room to a job. While another has the lease nothing is marked.
func (m *model) leave(a *agent, at step) {
	if at == wMark && a.held == Ended {
		at = endedWell
	}
	*a = agent{at: at, target: a.target, held: a.held, flags: a.flags & aboutJob}
}
