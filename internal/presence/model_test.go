package presence_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/presence"
)

// The model goes through every order in which the store calls of connections that come and go, and of the checks that they
// lead to, can follow each other. The code is the real one. Each process waits before each call until it is let go. Two
// ways to the same state, in which each process has seen the same, go on in the same way: so each state is gone on from
// once.

// process is something that runs: the life of a connection, or a job.
type process struct {
	name  string
	runs  func(context.Context, *store) error
	err   error
	after int // the process that must have ended before; -1 for none
	let   chan bool
	at    chan string // the next call; "" at the end
	next  string
	seen  string // what its calls were answered, as far as it matters
	dead  bool
}

// world is one run of the model.
type world struct {
	store     *store
	processes []*process
	running   *process
}

var errCutOff = errors.New("cut off")

// start begins a process, which stops before its first call.
func (w *world) start(p *process) {
	p.let, p.at = make(chan bool), make(chan string)
	w.processes = append(w.processes, p)
	go func() {
		if <-p.let {
			p.err = p.runs(context.WithValue(context.Background(), processKey{}, p), w.store)
		}
		p.at <- ""
	}()
}

// processKey finds, in a context, the process that makes a call.
type processKey struct{}

// turn is called by a process before each of its calls.
func turn(ctx context.Context, call string) error {
	p := ctx.Value(processKey{}).(*process)
	p.at <- call
	if !<-p.let {
		return errCutOff
	}
	return nil
}

// step lets a process make its next call, and starts the jobs that were sent. The first step leads to the first call.
func (w *world) step(p *process) {
	w.running = p
	p.let <- true
	if p.next = <-p.at; p.next == "" {
		p.dead = true
	}
	for _, j := range w.store.jobs {
		if j.Watch != 0 {
			continue // what it finds is not in the model
		}
		after := -1
		if j.delay > 0 {
			after = slices.Index(w.processes, p)
		}
		w.start(&process{name: "check", after: after, runs: func(ctx context.Context, s *store) error {
			return s.checker(0).Check(ctx, j.Check)
		}})
	}
	w.store.jobs = nil
}

// show writes what the store keeps, but for what never comes twice.
func (w *world) show() string {
	s := w.store.state
	gone := slices.Clone(s.Gone)
	slices.Sort(gone)
	open := []string{}
	for id := range w.store.open {
		open = append(open, string(id))
	}
	slices.Sort(open)
	return fmt.Sprint(s.Online, gone, s.ToldOnline, open)
}

// key names a state. Of a version that a process has seen it matters whether it is still the same.
func (w *world) key() string {
	same := versionText(w.store.state.Version)
	parts := make([]string, len(w.processes))
	for i, p := range w.processes {
		if !p.dead {
			parts[i] = fmt.Sprint(p.name, p.next, oldVersion.ReplaceAllString(strings.ReplaceAll(p.seen, same, "same"), "old"), p.after < 0 || w.processes[p.after].dead)
		}
	}
	slices.Sort(parts)
	return w.show() + "|" + strings.Join(parts, "|")
}

var oldVersion = regexp.MustCompile("<[0-9]+>")

func versionText(v int64) string { return fmt.Sprintf("<%d>", v) }

// ready returns the processes that may go on.
func (w *world) ready() (ready []int) {
	for i, p := range w.processes {
		if !p.dead && (p.after < 0 || w.processes[p.after].dead) {
			ready = append(ready, i)
		}
	}
	return ready
}

// end ends all processes that have not ended.
func (w *world) end() {
	for _, p := range w.processes {
		for call := "begun"; !p.dead && call != ""; call = <-p.at {
			p.let <- false
		}
	}
}

// model says what comes and goes, and what is left out.
type model struct {
	stay, leave       []chat.ConnectionID
	dies              chat.ConnectionID
	anyLeave, anyTold bool
}

// run makes the steps of a schedule, and returns where they lead.
func (m model) run(schedule []int) *world {
	s := newStore()
	s.anyLeave, s.anyTold = m.anyLeave, m.anyTold
	w := &world{store: s}
	s.turn, s.saw = turn, func(what ...any) { w.running.seen += fmt.Sprintln(what...) }
	track := s.tracker()
	for _, id := range slices.Concat(m.stay, m.leave) {
		w.start(&process{name: string(id), after: -1, runs: func(ctx context.Context, s *store) error {
			return m.lives(ctx, s, track, id)
		}})
	}
	for _, i := range schedule {
		w.step(w.processes[i])
	}
	return w
}

// lives has a connection come and, if it does not stay, go.
func (m model) lives(ctx context.Context, s *store, track *presence.Tracker, id chat.ConnectionID) error {
	if err := s.put(ctx, id); err != nil {
		return err
	}
	if err := track.Connected(ctx, "ann"); err != nil || slices.Contains(m.stay, id) {
		return err
	}
	if err := s.turn(ctx, "goes"); err != nil {
		return err
	}
	if err := track.Gone(ctx, "ann", id); err != nil || id == m.dies {
		return err
	}
	return s.RemoveConnection(ctx, "ann", id)
}

// search goes through all orders and returns the first that ends wrong, and how many states there are.
func (m model) search() (wrong string, states int) {
	visited := map[string]bool{}
	var visit func(schedule []int) string
	visit = func(schedule []int) string {
		w := m.run(schedule)
		key, ready := w.key(), w.ready()
		s := w.store.state
		isThere := len(w.store.open) > 0
		for _, p := range w.processes {
			if p.err != nil {
				return fmt.Sprintf("%s: %v", p.name, p.err)
			}
		}
		w.end()
		if visited[key] {
			return ""
		}
		visited[key] = true
		if len(ready) == 0 && (s.Online != isThere || s.ToldOnline != isThere) {
			return fmt.Sprintf("%d connections are open, %+v, after %v", len(w.store.open), s, schedule)
		}
		for _, next := range ready {
			if wrong := visit(append(slices.Clone(schedule), next)); wrong != "" {
				return wrong
			}
		}
		return ""
	}
	wrong = visit(nil)
	return wrong, len(visited)
}

// TestInTheEndThePeersAreToldWhatHolds, in any order. With CHECK_SECONDS set it tries more connections, and more that fails.
func TestInTheEndThePeersAreToldWhatHolds(t *testing.T) {
	ids := func(ids ...chat.ConnectionID) []chat.ConnectionID { return ids }
	models := map[string]model{
		"one goes":                          {leave: ids("a")},
		"one goes, another stays":           {leave: ids("a"), stay: ids("b")},
		"one is cut off, and another stays": {leave: ids("a"), stay: ids("b"), dies: "a"},
		"two go":                            {leave: ids("a", "b")},
	}
	if os.Getenv("CHECK_SECONDS") != "" {
		models["one of two that go is cut off"] = model{leave: ids("a", "b"), dies: "a"}
		models["one goes, two stay"] = model{leave: ids("a"), stay: ids("b", "c")}
	}
	for name, m := range models {
		t.Run(name, func(t *testing.T) {
			wrong, states := m.search()
			if wrong != "" {
				t.Error(wrong)
			}
			t.Logf("%d states", states)
		})
	}
}

// TestConditionsCount: what is left out is found.
func TestConditionsCount(t *testing.T) {
	ids := func(ids ...chat.ConnectionID) []chat.ConnectionID { return ids }
	for name, m := range map[string]model{
		"offline is written whatever the version is": {leave: ids("a"), stay: ids("b"), anyLeave: true},
		"peers are told whatever the version is":     {leave: ids("a"), stay: ids("b"), anyTold: true},
	} {
		t.Run(name, func(t *testing.T) {
			if wrong, states := m.search(); wrong == "" {
				t.Errorf("nothing is wrong in %d states", states)
			}
		})
	}
}
