package pushmodel

// The push, as senders and wakers do it.

func (m *model) lookCall(n *State, i int) {
	a := &n.agents[i]
	if a.at == sTake {
		m.take(n, i, a, Free)
		return
	}
	if m.wrong(LookStale) {
		b := *n
		b.agents[i] = agent{at: endedWell}
		m.add(&b, Event{Agent: i, Call: ReadHead, Seq: n.seq, Pushed: n.oldPushed, Lease: n.oldLease})
	}
	e := n.headEvent(i)
	switch {
	case m.wrong(LookBeforePlace) && n.lease != Free:
		a.at = sPlace
		a.set(showedStream, true) // looks no more
	case m.wrong(LookBeforePlace):
		a.at = sTake
	default:
		if a.at = sTake; n.lease != Free || n.pushed >= a.put {
			*a = agent{at: endedWell}
		}
	}
	a.p = n.pushed
	m.add(n, e)
}

// take is TAKE; seen is the token that it may take from another. A sender that has the lease pushes from the position
// that TAKE returned.
func (m *model) take(n *State, i int, a *agent, seen Lease) {
	me := tokenOf(i)
	knows := n.lease == me && !m.wrong(RetriedTakeForgets) && !m.wrong(ForgetsToken)
	e := Event{Agent: i, Call: Take, Held: seen, Seq: n.seq, Found: Refused}
	if n.lease == Free || knows || seen != Free && n.lease == seen || m.wrong(TakeSteals) {
		n.lease, e.Found = me, Done
	}
	e.Pushed, e.Lease = n.pushed, n.lease
	switch held := e.Found == Done; {
	case a.at == dTakeAgain:
		m.nextRound(n, i, a, held)
	case m.wrong(LookBeforePlace) && isSender(i):
		a.at = sPlace
		a.set(mine, held)
		a.set(showedStream, !held)
		a.p = n.pushed
	case held:
		if !m.wrong(PositionBefore) {
			a.p = n.pushed
		}
		a.at, a.round = dLog, 0
		a.holds(i)
	case isSender(i):
		*a = agent{at: endedWell}
	default:
		a.at = wHead
	}
	m.add(n, e)
}

// holds notes that a waker holds its own token. Senders hold no other.
func (a *agent) holds(i int) {
	if !isSender(i) {
		a.held = tokenOf(i)
	}
}

// nextRound begins a further round with the lease, or ends without it.
func (m *model) nextRound(n *State, i int, a *agent, held bool) {
	if !held {
		m.endRounds(i, a)
		return
	}
	a.p = n.pushed
	a.holds(i)
	a.e = max(a.e, a.p)
	m.afterLog(i, a)
	if m.wrong(SubscriptionsKept) && a.at == dSubs {
		if a.todo, a.at = a.kept, dPost; a.todo == 0 {
			a.at = dRelease
		}
	}
}

func (m *model) directCall(n *State, i int) {
	a := &n.agents[i]
	switch a.at {
	case dLog:
		m.readLog(n, i, a)
	case dSubs:
		m.readSubscriptions(n, i, a)
	case dPost:
		m.post(n, i, a)
	case dAdvance:
		m.advance(n, i, a)
	case dRelease:
		m.release(n, i, a)
	case dLogAgain:
		end, beyond := n.run(a.e)
		e := Event{Agent: i, Call: ReadLog, ID: a.e, End: end, Beyond: beyond}
		switch {
		case m.wrong(SecondLogBefore) && isSender(i) && end == a.e:
			a.at = dRelease
		case m.wrong(SecondLogBefore) && isSender(i):
			a.p, a.e, a.at = a.e, end, dSubs
		case end == a.e:
			m.endRounds(i, a)
		default:
			a.e, a.at = end, dTakeAgain
		}
		m.add(n, e)
	case dTakeAgain:
		m.take(n, i, a, Free)
	case dGive:
		m.giveBySender(n, i, a)
	}
}

// readLog reads the log, and maybe the subscriptions beside it. Those may come first.
func (m *model) readLog(n *State, i int, a *agent) {
	first := m.wrong(SubscriptionsFirst)
	if (first || m.shortCut(i, a)) && !a.is(besideRead) {
		b := *n
		m.listSubscriptions(n, &b.agents[i])
		b.agents[i].set(besideRead, true)
		m.add(&b, Event{Agent: i, Call: Subscriptions})
		if first {
			return
		}
	}
	a.e, a.next = n.run(a.p)
	e := Event{Agent: i, Call: ReadLog, ID: a.p, End: a.e, Beyond: a.next}
	if m.afterLog(i, a); a.is(failed) { // the subscriptions, beside it
		a.at = dGive
	}
	m.add(n, e)
}

// afterLog begins a round.
func (m *model) afterLog(i int, a *agent) {
	beside := a.is(besideRead) && a.round == 0
	good := a.e == a.own || m.wrong(ShortCutAlways) || m.wrong(SubscriptionsFirst)
	switch {
	case a.e <= a.p:
		a.e, a.at, a.todo = a.p, dRelease, 0
		a.set(tooMany, false)
	case beside && good:
		m.afterSubscriptions(i, a)
	default:
		a.at = dSubs
	}
	a.set(besideRead, false)
}

func (m *model) readSubscriptions(n *State, i int, a *agent) {
	e := Event{Agent: i, Call: Subscriptions}
	if m.replay && !a.is(besideRead) && m.shortCut(i, a) { // those beside the log, which came later than it
		b := *n
		b.agents[i].set(besideRead, true)
		m.add(&b, e)
	}
	a.set(besideRead, false)
	m.listSubscriptions(n, a)
	if m.wrong(SubscriptionsStale) {
		b := *n
		b.agents[i].todo &= 1<<m.Members - 1
		m.afterSubscriptions(i, &b.agents[i])
		m.add(&b, e)
	}
	m.afterSubscriptions(i, a)
	m.add(n, e)
}

func (m *model) listSubscriptions(n *State, a *agent) {
	a.todo = n.subscriptions()
	if m.replay {
		a.todo &^= n.closing()
	}
	a.set(tooMany, n.large)
}

func (m *model) afterSubscriptions(i int, a *agent) {
	a.kept = a.todo
	switch {
	case isSender(i) && a.is(tooMany):
		a.at = dGive
	case a.todo == 0 || m.wrong(PushedBeforePush):
		a.at = dRelease
	default:
		a.at = dPost
	}
}

// shortCut reports whether the subscriptions may be read beside the log.
func (m *model) shortCut(i int, a *agent) bool {
	if !isSender(i) || a.round > 0 {
		return false
	}
	return m.wrong(ShortCutAlways) || a.own == a.p+1 && (a.put == a.own || m.wrong(ShortCutUnput))
}
