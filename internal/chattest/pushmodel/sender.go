package pushmodel

// The sends, up to the reply.

const maxReserves = 3

func (m *model) logCall(n *State, i int) {
	a := &n.agents[i]
	switch a.at {
	case sGet:
		m.get(n, i, a)
	case sReserve, sReserveMove:
		m.reserve(n, i, a)
	case sDrop:
		e := Event{Agent: i, Call: Drop, Held: tokenOf(i), Found: Refused}
		if n.lease == tokenOf(i) {
			n.lease, e.Found = Free, Done
		}
		a.set(mine|showedStream, false)
		m.finish(a)
		m.add(n, e)
	case sClaim:
		m.claim(n, i, a)
	case sMove:
		m.move(n, i, a)
	case sPlace:
		m.place(n, i, a)
	case sFollow:
		m.follow(n, i, a)
	case sVoid:
		found := n.put(a.own, true)
		e := Event{Agent: i, Call: Place, ID: a.own, Void: true, Found: found}
		if !m.wrong(NoLookAfterVoid) {
			a.put = max(a.put, a.own)
		}
		m.finish(a)
		m.add(n, e)
	}
}

func (m *model) sender(i int) Sender { return m.Senders[i] }

// compare says what a claim is to a sender.
func (m *model) compare(n *State, i int) Found {
	c := n.claims[m.sender(i).Message]
	switch {
	case c.id == 0:
		return FoundNone
	case c.content != m.sender(i).Content:
		return FoundOther
	}
	return FoundSame
}

func (m *model) get(n *State, i int, a *agent) {
	found, id := m.compare(n, i), n.claims[m.sender(i).Message].id
	switch found {
	case FoundNone:
		a.at = sReserve
	case FoundOther:
		m.finish(a)
	default:
		a.target, a.at = id, sFollow
	}
	m.add(n, Event{Agent: i, Call: GetClaim, Found: found, End: id})
}

func (m *model) reserve(n *State, i int, a *agent) {
	n.seq++
	takes := !m.NoDirect || m.wrong(ReserveTakesLeaseOff)
	if takes && (n.lease == Free || m.wrong(ReserveSteals)) {
		n.lease = tokenOf(i)
	}
	a.own, a.p = n.seq, n.pushed
	a.reserves++
	a.set(mine, n.lease == tokenOf(i) && !m.NoDirect)
	a.set(showedStream, n.lease == Stream)
	switch {
	case a.at == sReserveMove:
		a.at = sMove
	case m.wrong(LookBeforePlace) && !m.NoDirect && !a.is(mine) && !a.is(showedStream):
		a.at = sLook
	case m.sender(i).Message == 0:
		a.at = sPlace
	default:
		a.at = sClaim
	}
	m.add(n, Event{Agent: i, Call: Reserve, Seq: n.seq, Pushed: n.pushed, Lease: n.lease})
}

// reserveThenMove reserves once more, if the sender may.
func (m *model) reserveThenMove(a *agent) {
	if a.at = sReserveMove; a.reserves >= maxReserves {
		m.finish(a)
	}
}

func (m *model) claim(n *State, i int, a *agent) {
	c := &n.claims[m.sender(i).Message]
	found := m.compare(n, i)
	if found == FoundNone {
		*c = claim{a.own, m.sender(i).Content}
	}
	m.claimed(a, found, c.id)
	m.add(n, Event{Agent: i, Call: PutClaim, ID: a.own, Found: found, End: c.id})
}

// claimed goes on from a claim that points to an id now.
func (m *model) claimed(a *agent, found Found, id int8) {
	switch {
	case found == FoundOther:
		a.at = sVoid
		if m.wrong(ConflictKeepsLease) {
			a.set(mine, false)
		}
	case id == a.own:
		a.at = sPlace
	default:
		a.target, a.at = id, sFollow
	}
}

func (m *model) move(n *State, i int, a *agent) {
	own := a.own
	if m.sender(i).Message == 0 {
		a.at = sPlace
		m.place(n, i, a)
		return
	}
	c := &n.claims[m.sender(i).Message]
	found := m.compare(n, i)
	e := Event{Agent: i, Call: MoveClaim, ID: own, From: a.target, Found: found}
	if found == FoundSame && c.id == a.target {
		c.id, e.Found = own, Done
	}
	e.End = c.id
	m.claimed(a, found, c.id)
	m.add(n, e)
}

func (m *model) place(n *State, i int, a *agent) {
	found := n.put(a.own, false)
	e := Event{Agent: i, Call: Place, ID: a.own, Found: found}
	if a.put = a.own; found == FoundVoid {
		a.target = a.own
		m.reserveThenMove(a)
	} else {
		m.finish(a)
	}
	m.add(n, e)
}

func (m *model) follow(n *State, i int, a *agent) {
	found := n.put(a.target, false)
	e := Event{Agent: i, Call: Place, ID: a.target, Found: found}
	switch {
	case found == FoundVoid && a.own != 0:
		a.at = sMove
	case found == FoundVoid:
		m.reserveThenMove(a)
	default:
		if found == Done {
			a.put = a.target
		}
		if m.wrong(FollowKeepsLease) {
			a.set(mine, false)
		}
		if a.at = sVoid; a.own == 0 {
			m.finish(a)
		}
	}
	m.add(n, e)
}

// finish is what follows when the reply is settled.
func (m *model) finish(a *agent) {
	switch {
	case m.NoDirect:
		*a = agent{at: endedWell}
	case a.is(mine):
		a.at = dLog
	case a.put != 0 && !a.is(showedStream) && !m.wrong(NoLook):
		a.at = sLook
	default:
		*a = agent{at: endedWell}
	}
}
