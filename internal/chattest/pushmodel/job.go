package pushmodel

// The queue and its jobs.

// sendJob sends a job for a room that failed.
func (m *model) sendJob(n *State, i int, a *agent) {
	e := Event{Agent: i, Call: SendJob}
	switch {
	case m.Jobs > 0 && m.wrong(MarkBeforeJob):
		n.queue++
		a.at = endedWell
	case m.Jobs > 0:
		n.queue++
		m.leave(a, wMark)
	default:
		e.Fault = Failed
		m.wakerError(i, a)
	}
	m.add(n, e)
}

// markJob leaves the room to the job that was sent. That may have run and ended since: then pushed_id has reached the
// wake's id, and there is nobody to leave the room to.
func (m *model) markJob(n *State, i int, a *agent) {
	e := Event{Agent: i, Call: Mark, ID: a.target, Held: a.held, Found: Refused}
	if n.lease == a.held && (n.pushed < a.target || m.wrong(MarkAfterJobEnded)) {
		n.lease, n.mark, e.Found = Stream, futureMark, Done
	}
	a.at = endedWell
	if m.wrong(MarkBeforeJob) {
		a.at = wJob
	}
	m.add(n, e)
}

func (m *model) jobCall(n *State, i int) {
	a := &n.agents[i]
	switch a.at {
	case jNewest:
		a.target, a.at, a.held = n.newest(), wHead, Ended
		m.add(n, Event{Agent: i, Call: Newest, End: a.target})
	case jLater:
		m.later(n, i, a)
	case jHead:
		e := n.headEvent(i)
		a.p, a.held, a.at = n.pushed, n.lease, jNewestAgain
		if n.mark != noMark {
			a.at = jClear
		}
		m.noLastLook(a)
		m.add(n, e)
	case jClear:
		e := Event{Agent: i, Call: Release, ID: a.p, Held: a.held, Next: a.held, Seq: n.seq, Found: Refused}
		if n.lease == a.held && n.pushed <= a.p {
			n.pushed, n.mark, e.Found = a.p, noMark, Done
		}
		if a.at = jNewestAgain; e.Found == Refused {
			*a = agent{at: jNewest, flags: a.flags & aboutJob}
		}
		m.noLastLook(a)
		m.add(n, e)
	case jNewestAgain:
		newest := n.newest()
		e := Event{Agent: i, Call: Newest, End: newest}
		if newest > a.p {
			*a = agent{at: jNewest, flags: a.flags & aboutJob}
		} else {
			a.at = endedWell
		}
		m.add(n, e)
	}
}

func (m *model) noLastLook(a *agent) {
	if m.wrong(NoLastLook) && a.at == jNewestAgain {
		a.at = endedWell
	}
}

// later leaves the room of a job that failed to its next try. It gives up its lease, or extends the mark. It sets none
// where none is: the message may have been delivered twice, and the other run may have ended well, so that none stays.
func (m *model) later(n *State, i int, a *agent) {
	e := Event{Agent: i, Call: ExtendMark, Found: Refused}
	switch {
	case a.held == tokenOf(i):
		e.Call, e.Held = Give, a.held
		if n.lease == a.held {
			n.lease, e.Found = Stream, Done
		}
	case n.mark != noMark || m.wrong(JobMarks) && n.lease == Stream:
		n.mark, e.Found = futureMark, Done
	}
	a.at = endedBadly
	m.add(n, e)
}

// queueSteps begins a job, or delivers one that runs once more.
func (m *model) queueSteps(s *State) {
	if m.replay {
		return
	}
	for i := firstJob; i < firstJob+m.Jobs; i++ {
		if s.agents[i].at != none {
			continue
		}
		if s.queue > 0 {
			n := *s
			n.queue--
			n.agents[i] = agent{at: jNewest}
			m.add(&n, Event{Agent: i, Call: Begin})
		}
		for j := firstJob; j < firstJob+m.Jobs; j++ {
			if a := &s.agents[j]; a.at != none && !a.is(shared) && !a.is(deleted) {
				m.spend(s, JobsTwice, func(n *State) {
					n.agents[i] = agent{at: jNewest, flags: shared}
					n.agents[j].set(shared, true)
					m.add(n, Event{Agent: i, Call: Begin})
				})
			}
		}
		return
	}
}

// jobEnds deletes a job's message, or puts it back into the queue. One that was delivered twice is deleted by the run
// that ends well, whatever the other one does.
func (m *model) jobEnds(n *State, a agent) {
	well := a.at == endedWell
	if a.is(shared) {
		for j := firstJob; j < maxAgents; j++ {
			if b := &n.agents[j]; b.is(shared) {
				b.set(shared, false)
				b.set(deleted, well)
			}
		}
		return
	}
	if !well && !a.is(deleted) {
		n.queue++
	}
}
