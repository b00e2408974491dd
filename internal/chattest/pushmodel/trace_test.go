package pushmodel

// trace is a replay that a test tells of. Its first error stays.
type trace struct {
	*Replay
	err error
}

func newTrace(c Config, members ...int8) *trace {
	t := &trace{Replay: NewReplay(c)}
	for _, k := range members {
		t.joins(k, 0)
	}
	return t
}

func (t *trace) does(agent int, c Call, e Event) {
	if t.err == nil {
		e.Agent, e.Call = agent, c
		t.err = t.Step(e)
	}
}

func (t *trace) begins(invocation int, err error) int {
	if t.err == nil {
		t.err = err
	}
	return invocation
}

func (t *trace) ends(invocation int, well bool) {
	if t.err == nil {
		t.err = t.End(invocation, well)
	}
}

func (t *trace) joins(conn, end int8) {
	t.does(-1, Subscribe, Event{Conn: conn})
	t.does(-1, JoinLog, Event{Conn: conn, End: end})
}

// reserves begins a send and lets it reserve an id and claim it.
func (t *trace) reserves(message, id, pushed int8, lease func(me int) Lease) int {
	s := t.begins(t.Sender(Sender{message, 1}))
	t.does(s, GetClaim, Event{Found: FoundNone})
	t.does(s, Reserve, Event{Seq: id, Pushed: pushed, Lease: lease(s)})
	t.does(s, PutClaim, Event{ID: id, Found: FoundNone, End: id})
	return s
}

func (t *trace) places(agent int, id int8) { t.does(agent, Place, Event{ID: id}) }

func (t *trace) reads(agent int, after, end, beyond int8) {
	t.does(agent, ReadLog, Event{ID: after, End: end, Beyond: beyond})
}

func (t *trace) posts(agent int, from, to, conn int8) {
	t.does(agent, Post, Event{From: from, ID: to, Conn: conn})
}

func (t *trace) lists(agent int) { t.does(agent, Subscriptions, Event{}) }

func (t *trace) releases(agent int, to int8, held, next Lease, seq int8) {
	t.does(agent, Release, Event{ID: to, Held: held, Next: next, Seq: seq})
}

// sends is a whole send that pushes itself, the first of the room.
func (t *trace) sends() {
	s := t.reserves(1, 1, 0, TokenOf)
	t.places(s, 1)
	t.lists(s)
	t.reads(s, 0, 1, 0)
	t.posts(s, 1, 1, 0)
	t.releases(s, 1, TokenOf(s), Free, 1)
	t.ends(s, true)
}

func held(by int) func(int) Lease { return func(int) Lease { return TokenOf(by) } }

func isStream(int) Lease { return Stream }

// frames is a sender that pushes three entries, by frames with these first and last ids.
func frames(ids ...int8) *trace {
	tr := newTrace(Config{}, 0)
	first := tr.reserves(1, 1, 0, TokenOf)
	for id := int8(2); id <= 3; id++ {
		s := tr.reserves(id, id, 0, held(first))
		tr.places(s, id)
		tr.does(s, ReadHead, Event{Seq: id, Lease: TokenOf(first)})
		tr.ends(s, true)
	}
	tr.places(first, 1)
	tr.reads(first, 0, 3, 0)
	tr.lists(first)
	for k := 0; k < len(ids); k += 2 {
		tr.posts(first, ids[k], ids[k+1], 0)
	}
	tr.releases(first, 3, TokenOf(first), Free, 3)
	tr.ends(first, true)
	return tr
}

// refused is a sender whose post fails twice, and what it calls then.
func refused(then Call) *trace {
	tr := newTrace(Config{}, 0)
	s := tr.reserves(1, 1, 0, TokenOf)
	tr.places(s, 1)
	tr.lists(s)
	tr.reads(s, 0, 1, 0)
	tr.does(s, Post, Event{Fault: Failed})
	tr.does(s, Post, Event{Fault: Failed})
	tr.does(s, then, map[Call]Event{
		Give: {Held: TokenOf(s)}, Release: {ID: 1, Held: TokenOf(s), Seq: 1},
	}[then])
	tr.ends(s, true)
	return tr
}

// dead is a sender that has died after it has placed its entry.
func dead() (*trace, int) {
	tr := newTrace(Config{}, 0)
	s := tr.reserves(1, 1, 0, TokenOf)
	tr.places(s, 1)
	tr.Die(s)
	return tr, s
}

// job is a room that is left to a job, which pushes it, and ends with or without a last look at the log.
func job(looks bool) *trace {
	tr := newTrace(Config{Large: true}, 0)
	s := tr.reserves(1, 1, 0, TokenOf)
	tr.places(s, 1)
	tr.lists(s)
	tr.reads(s, 0, 1, 0)
	tr.does(s, Give, Event{Held: TokenOf(s)})
	tr.ends(s, true)
	f := tr.begins(tr.Fanout(1))
	tr.does(f, ReadHead, Event{Seq: 1, Lease: Stream})
	tr.reads(f, 0, 1, 0)
	tr.does(f, Subscriptions, Event{Fault: Failed})
	tr.does(f, SendJob, Event{})
	tr.does(f, Mark, Event{ID: 1, Held: Stream})
	tr.ends(f, true)
	second := tr.reserves(2, 2, 0, isStream)
	tr.places(second, 2)
	tr.ends(second, true)
	f = tr.begins(tr.Fanout(2))
	tr.does(f, ReadHead, Event{Seq: 2, Lease: Stream, Marked: true})
	tr.ends(f, true)
	j := tr.begins(tr.Job())
	tr.does(j, Newest, Event{End: 2})
	tr.does(j, ReadHead, Event{Seq: 2, Lease: Stream, Marked: true})
	tr.reads(j, 0, 2, 0)
	tr.lists(j)
	tr.posts(j, 1, 2, 0)
	tr.releases(j, 2, Stream, Stream, 2)
	tr.does(j, ReadHead, Event{Seq: 2, Pushed: 2, Lease: Stream})
	if looks {
		tr.does(j, Newest, Event{End: 2})
	}
	tr.ends(j, true)
	return tr
}
