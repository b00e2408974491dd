package pushmodel

import "slices"

// A search keeps the states that it has yet to go on from as words: four for the world, and one for each agent that
// the configuration has.

const (
	worldWords = 4
	maxWords   = 10
	idBits     = 4
	maxSmallID = 1<<idBits - 1
)

type key [maxWords]uint64

// codec packs states of one configuration.
type codec struct {
	agents []int    // that the configuration has
	same   [][2]int // ranges of senders that are the same
}

func newCodec(c Config) *codec {
	k := &codec{}
	for i := range c.Senders {
		k.agents = append(k.agents, i)
	}
	for i := range c.Fanouts {
		k.agents = append(k.agents, MaxSenders+i)
	}
	for i := range c.Jobs {
		k.agents = append(k.agents, MaxSenders+MaxFanouts+i)
	}
	for from := 0; from < len(c.Senders); {
		to := from + 1
		for to < len(c.Senders) && c.Senders[to] == c.Senders[from] {
			to++
		}
		if to > from+1 {
			k.same = append(k.same, [2]int{from, to})
		}
		from = to
	}
	return k
}

// words is how many words a state has.
func (k *codec) words() int { return worldWords + len(k.agents) }

// sort orders senders that are the same, so that states that differ in their names alone become one.
func (k *codec) sort(s *State) {
	for _, r := range k.same {
		for i := r[0] + 1; i < r[1]; i++ {
			for j := i; j > r[0] && s.agents[j].pack() < s.agents[j-1].pack(); j-- {
				s.swap(j-1, j)
			}
		}
	}
}

// swap swaps two senders.
func (s *State) swap(i, j int) {
	s.agents[i], s.agents[j] = s.agents[j], s.agents[i]
	rename := func(l *Lease) {
		switch *l {
		case tokenOf(i):
			*l = tokenOf(j)
		case tokenOf(j):
			*l = tokenOf(i)
		}
	}
	rename(&s.lease)
	rename(&s.oldLease)
	switch s.lateOf {
	case int8(i) + 1:
		s.lateOf = int8(j) + 1
	case int8(j) + 1:
		s.lateOf = int8(i) + 1
	}
	for w := MaxSenders; w < maxAgents; w++ {
		rename(&s.agents[w].seen)
	}
	rename(&s.late.seen)
}

func (k *codec) pack(s *State) (words key) {
	if s.seq > maxSmallID {
		panic("pushmodel: too many ids for a search")
	}
	words[0], words[1], words[2] = s.packWorld()
	words[3] = s.late.pack() | uint64(s.lateOf)<<58
	for n, i := range k.agents {
		words[worldWords+n] = s.agents[i].pack()
	}
	return words
}

func (k *codec) unpack(words []uint64) (s State) {
	s.unpackWorld(words[0], words[1], words[2])
	s.late.unpack(words[3] & (1<<58 - 1))
	s.lateOf = int8(words[3] >> 58)
	for n, i := range k.agents {
		s.agents[i].unpack(words[worldWords+n])
	}
	return s
}

func (a *agent) pack() uint64 {
	return uint64(a.at) | uint64(a.own)<<6 | uint64(a.target)<<10 | uint64(a.put)<<14 | uint64(a.p)<<18 |
		uint64(a.e)<<22 | uint64(a.next)<<26 | uint64(a.todo)<<30 | uint64(a.kept)<<34 | uint64(a.round)<<38 |
		uint64(a.reserves)<<40 | uint64(a.held)<<42 | uint64(a.seen)<<46 | uint64(a.flags)<<50
}

func (a *agent) unpack(w uint64) {
	id := func(at uint) int8 { return int8(w >> at & maxSmallID) }
	*a = agent{
		at: step(w & 63), own: id(6), target: id(10), put: id(14), p: id(18), e: id(22), next: id(26),
		todo: uint8(id(30)), kept: uint8(id(34)), round: int8(w >> 38 & 3), reserves: int8(w >> 40 & 3),
		held: Lease(id(42)), seen: Lease(id(46)), flags: flags(w >> 50),
	}
}

const (
	smallConns  = 3
	smallClaims = 3 // and 0 is none
)

func (s *State) packWorld() (a, b, c uint64) {
	a = uint64(s.seq) | uint64(s.pushed)<<4 | uint64(s.lease)<<8 | uint64(s.mark)<<12 | uint64(s.placed)<<14 |
		uint64(s.void)<<30 | uint64(s.queue)<<46 | uint64(s.repeats)<<48 | uint64(s.oldPushed)<<50 |
		uint64(s.oldLease)<<54
	if s.large {
		a |= 1 << 58
	}
	for i, id := range s.records {
		b |= uint64(id) << (4 * i)
	}
	b |= uint64(s.pending)<<32 | uint64(s.taken)<<36 | uint64(s.lane)<<40 |
		s.conns[0].pack()<<44 | s.claims[1].pack()<<57
	for i, n := range s.left {
		c |= uint64(n) << (2 * i)
	}
	return a, b, c | s.conns[1].pack()<<30 | s.conns[2].pack()<<43 | s.claims[2].pack()<<56
}

func (s *State) unpackWorld(a, b, c uint64) {
	id := func(w uint64, at int) int8 { return int8(w >> at & maxSmallID) }
	s.seq, s.pushed, s.lease, s.mark = id(a, 0), id(a, 4), Lease(id(a, 8)), mark(a>>12&3)
	s.placed, s.void = uint32(a>>14&0xffff), uint32(a>>30&0xffff)
	s.queue, s.repeats, s.oldPushed, s.oldLease = int8(a>>46&3), int8(a>>48&3), id(a, 50), Lease(id(a, 54))
	s.large = a>>58&1 != 0
	for i := range s.records {
		s.records[i] = id(b, 4*i)
	}
	s.pending, s.taken, s.lane = id(b, 32), id(b, 36), id(b, 40)
	s.conns[0].unpack(b >> 44)
	s.claims[1].unpack(b >> 57)
	for i := range s.left {
		s.left[i] = int8(c >> (2 * i) & 3)
	}
	s.conns[1].unpack(c >> 30)
	s.conns[2].unpack(c >> 43)
	s.claims[2].unpack(c >> 56)
}

func (c conn) pack() uint64 {
	return uint64(c.phase) | uint64(c.fate)<<3 | uint64(c.has)<<5 | uint64(c.from)<<9
}

func (c *conn) unpack(w uint64) {
	*c = conn{phase(w & 7), fate(w >> 3 & 3), int8(w >> 5 & 15), int8(w >> 9 & 15)}
}

func (c claim) pack() uint64 { return uint64(c.id) | uint64(c.content)<<4 }

func (c *claim) unpack(w uint64) { *c = claim{int8(w & 15), int8(w >> 4 & 3)} }

// fits panics when a configuration is too large for a search.
func (k *codec) fits(c Config) {
	messages := func(s Sender) bool { return s.Message >= smallClaims || s.Content > 3 }
	if k.words() > maxWords || c.conns() > smallConns || slices.ContainsFunc(c.Senders, messages) {
		panic("pushmodel: the configuration is too large for a search")
	}
}
