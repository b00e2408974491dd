package pushmodel

import "testing"

// TestCodec: what is packed comes back, in every state of a configuration in which all kinds of things happen.
func TestCodec(t *testing.T) {
	c := Config{
		Senders: and(own(1), conflict()), Fanouts: 1, Jobs: 1, Members: 2, Joiners: 1, Large: true, Steps: true,
		Accidents: with(Deaths, Failures, Retries, LateCopies, GivenUp, Late, Gone, Unreachables, JobsTwice, Passings,
			SizeChanges),
	}
	m, k := &model{Config: c}, newCodec(c)
	seen, level := map[State]bool{}, []State{c.start()}
	for len(level) > 0 && len(seen) < 50_000 {
		s := level[0]
		level = level[1:]
		words := k.pack(&s)
		if got := k.unpack(words[:k.words()]); got != s {
			t.Fatalf("got %+v\nwant %+v", got, s)
		}
		for _, x := range m.successors(&s) {
			if x.state.tidy(); !seen[x.state] {
				seen[x.state] = true
				level = append(level, x.state)
			}
		}
	}
}

// TestSort: the order of senders that are the same does not count, nor do their names.
func TestSort(t *testing.T) {
	c := Config{Senders: own(3), Fanouts: 1}
	k := newCodec(c)
	a, b := c.start(), c.start()
	a.agents[0], a.agents[2], a.lease = agent{at: sPlace, own: 2}, agent{at: dLog, own: 1}, tokenOf(2)
	b.agents[1], b.agents[0], b.lease = agent{at: sPlace, own: 2}, agent{at: dLog, own: 1}, tokenOf(0)
	a.agents[MaxSenders].seen, b.agents[MaxSenders].seen = tokenOf(0), tokenOf(1)
	k.sort(&a)
	k.sort(&b)
	if a != b {
		t.Errorf("got %+v\nand %+v", a, b)
	}
}
