package pushmodel

// Result is what a search found.
type Result struct {
	States int
	Broken Broken  // "" if all holds
	Trace  []Event // the shortest way to where it broke
}

// Search visits every state that a configuration can reach, until a property is broken. It visits those that are near
// first.
func Search(c Config, x Mistake) Result {
	s := &searching{model: &model{Config: c, mistake: x}, codec: newCodec(c), seen: newVisited()}
	s.fits(c)
	start := c.start()
	s.level, _ = s.remember(&start, 0, s.level)
	for len(s.level) > 0 {
		s.next = s.next[:0]
		for from := 0; from < len(s.level); from += s.words() {
			if broken := s.visit(s.unpack(s.level[from:])); broken != "" {
				return Result{len(s.seen.prints), broken, s.trace(start, broken)}
			}
			s.index++
		}
		s.level, s.next = s.next, s.level
	}
	if s.goesRound() {
		return Result{States: len(s.seen.prints), Broken: GoesRound}
	}
	return Result{States: len(s.seen.prints)}
}

// searching is a search by levels.
type searching struct {
	*model
	*codec
	seen  *visited
	index uint32   // of the state that is visited
	level []uint64 // the states of this level, and those of the next
	next  []uint64
	edges [][2]uint32 // from state to state, of what has to happen, if they are kept
}

// remember adds a state to a level if it is new. It returns the state's index too.
func (s *searching) remember(n *State, parent uint32, level []uint64) ([]uint64, uint32) {
	n.tidy()
	s.sort(n)
	words := s.pack(n)
	used := words[:s.words()]
	index, isNew := s.seen.add(fingerprint(used), parent)
	if isNew {
		level = append(level, used...)
	}
	return level, index
}

// visit goes on from a state.
func (s *searching) visit(state State) Broken {
	ended := true
	for k := range s.successors(&state) {
		x := &s.out[k]
		ended = ended && x.optional
		if broken := s.check(&state, x); broken != "" {
			return broken
		}
		var to uint32
		if s.next, to = s.remember(&x.state, s.index, s.next); !s.Endless && !x.optional {
			s.edges = append(s.edges, [2]uint32{s.index, to})
		}
	}
	if ended {
		return s.checkEnd(&state)
	}
	return ""
}

// trace goes the way to the state that is visited again, and names its steps. Agents keep their names on it.
func (s *searching) trace(at State, broken Broken) (events []Event) {
	way := s.seen.way(s.index)
	for k := len(way) - 1; k >= 0; k-- {
		for _, x := range s.successors(&at) {
			x.state.tidy()
			named := x.state
			s.sort(&named)
			words := s.pack(&named)
			if fingerprint(words[:s.words()]) == way[k] {
				at = x.state
				events = append(events, x.event)
				break
			}
		}
	}
	for k := range s.successors(&at) {
		if x := &s.out[k]; s.check(&at, x) == broken {
			return append(events, x.event)
		}
	}
	return events // it is the end that is broken
}

// goesRound reports whether the kept edges have a circle: it takes away the states that no edge leads to, and what
// they lead to then, until none is left or a circle is.
func (s *searching) goesRound() bool {
	incoming := make([]uint32, len(s.seen.prints))
	first := make([]uint32, len(s.seen.prints)+1) // the edges are in the order of their first states
	for _, e := range s.edges {
		incoming[e[1]]++
		first[e[0]+1]++
	}
	for k := range first[1:] {
		first[k+1] += first[k]
	}
	var free []uint32
	for k, n := range incoming {
		if n == 0 {
			free = append(free, uint32(k))
		}
	}
	taken := 0
	for ; len(free) > 0; taken++ {
		k := free[len(free)-1]
		free = free[:len(free)-1]
		for _, e := range s.edges[first[k]:first[k+1]] {
			if incoming[e[1]]--; incoming[e[1]] == 0 {
				free = append(free, e[1])
			}
		}
	}
	return taken < len(incoming)
}
