package chattest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/rooms"
)

// choices makes an interleaving: it is asked for a number from 0 to n-1. 0 is the plainest choice.
type choices func(what string, n int) int

// task is an invocation that runs until its next call and then waits to be let on.
type task struct {
	name  string
	actor *chattest.Actor
	grant chan chattest.Fault
	ended bool
	// urgency orders tasks when they are hurried.
	urgency  int
	id       chat.EntryID // that a wake is for
	followed *followed    // nil when the model follows nothing
}

// interleaving runs invocations against one store such that only one runs at a time, from one call to the next, and
// which one is a choice, as is what goes wrong with the call. So the same choices make the same run.
type interleaving struct {
	ctx     context.Context
	parts   parts
	choose  choices
	store   chattest.Store
	gateway *fake.Gateway
	record  *chattest.Record
	room    chat.RoomID
	env     env
	follow  *follower // tells the model all calls; nil for none
	changes bool      // whether messages are changed

	now     time.Time
	steps   int
	arrived chan *task // a task that waits at its next call, or has ended
	tasks   []*task
	hurried bool // tasks run by urgency, else any may be next
	rate    int  // of 100, how many calls go wrong
	journal []string

	plans  []func()     // what is yet to begin
	lane   *task        // the fan-out that the room's lane waits for
	news   chat.EntryID // the newest entry whose record no fan-out has taken yet; 0 for none
	jobs   int          // jobs in the queue that nobody has taken yet
	faults int          // how many may still happen
	open   []*simulated // connections
	known  chat.EntryID // the highest id that somebody was shown
}

// simulated is a connection without a client behind it.
type simulated struct {
	id   chat.ConnectionID
	seen *chattest.Connection
	lost bool
}

const (
	maxFaults = 4
	maxSteps  = 300 // from then on nothing new happens, and nothing goes wrong
)

// runInterleaving runs one interleaving to its end, in a room of its own, and returns the promises that were not kept.
func runInterleaving(
	ctx context.Context, p parts, store chattest.Store, room chat.RoomID, choose choices,
) (outcome, error) {
	w := newInterleaving(ctx, p, store, room, choose)
	w.changes = choose("changes", 2) == 1
	return w.run()
}

// outcome is what has come of an interleaving.
type outcome struct {
	broken  chattest.Violations
	journal []string // what was done, in its order
	changes int      // edits, deletions and reactions in the log
}

func newInterleaving(
	ctx context.Context, p parts, store chattest.Store, room chat.RoomID, choose choices,
) *interleaving {
	w := &interleaving{
		ctx: ctx, parts: p, choose: choose, gateway: fake.NewGateway(), record: chattest.NewRecord(room), room: room,
		now: time.Now().Truncate(time.Millisecond), arrived: make(chan *task), faults: maxFaults,
	}
	w.store = watched{Store: store, record: w.record, stored: w.recorded}
	// Which orders are likely decides which mistakes are found: so how tasks take turns differs from run to run.
	w.hurried = choose("hurried", 2) == 1
	w.rate = []int{4, 10, 20, 0}[choose("rate", 4)]
	ages := []time.Duration{5 * time.Millisecond, 0, 2 * time.Millisecond}
	w.env = env{
		now: func() time.Time { return w.now }, age: ages[choose("age", len(ages))],
		jitter: func() float64 { return -0.5 }, parallel: 1, frame: 2,
		direct: choose("direct", 4) > 0, inTurn: true, patience: 2 * time.Millisecond,
	}
	return w
}

// run runs it to its end.
func (w *interleaving) run() (outcome, error) {
	if err := w.prepare(); err != nil {
		return outcome{}, err
	}
	for w.step() {
	}
	log, err := w.history()
	for _, c := range w.open { // or their users would have too many
		err = errors.Join(err, w.store.RemoveConnection(w.ctx, "ann", c.id))
	}
	if err != nil {
		return outcome{journal: w.journal}, err
	}
	o := outcome{broken: w.record.Check(log), journal: w.journal}
	for _, e := range log {
		if e.IsChange() {
			o.changes++
		}
	}
	return o, nil
}

// prepare makes the room with its members and draws what is to happen.
func (w *interleaving) prepare() error {
	room := rooms.Room{ID: w.room, Kind: rooms.KindPublic, Name: string(w.room)}
	if _, err := w.store.OpenRoom(w.ctx, room, fake.Member(w.room, "ann"), fake.Member(w.room, "bob")); err != nil {
		return err
	}
	if w.changes {
		return w.prepareChanges()
	}
	w.join(false)
	for range 3 + w.choose("events", 10) {
		switch w.choose("event", 10) {
		case 0, 1, 2, 3, 4:
			w.plans = append(w.plans, w.send)
		case 5:
			w.plans = append(w.plans, func() { w.join(w.choose("comes back", 2) == 1) })
		case 6, 7:
			w.plans = append(w.plans, w.page)
		case 8:
			w.plans = append(w.plans, w.lose)
		case 9:
			w.plans = append(w.plans, w.refuse)
		}
	}
	return nil
}

// prepareChanges stores a message, and draws changes of it, side by side with all that reads.
func (w *interleaving) prepareChanges() error {
	a := chattest.NewActor(w.store, w.gateway, w, nil)
	in := messages.SendMessage{Room: w.room, ClientMessageID: "first", Content: "x"}
	sent := w.record.Sending(chat.NewEntry{
		Room: in.Room, Kind: chat.KindMessage, User: "ann", ClientMessageID: in.ClientMessageID, Content: in.Content,
	})
	e, err := theChat().send(w.ctx, w.env, a, "ann", in)
	if err != nil {
		return err
	}
	sent.Acked(e)
	w.learn(e.ID)
	for range 4 + w.choose("events", 8) {
		switch w.choose("event", 10) {
		case 0:
			w.plans = append(w.plans, w.send)
		case 1:
			w.plans = append(w.plans, func() { w.join(w.choose("comes back", 2) == 1) })
		case 2, 3, 4:
			w.plans = append(w.plans, w.page)
		default:
			w.plans = append(w.plans, w.change)
		}
	}
	return nil
}

// option is something that can happen next.
type option struct {
	do   func()
	task *task // nil when it is none that runs on
}

// step lets one thing happen; it reports whether anything could.
func (w *interleaving) step() bool {
	w.steps++
	w.now = w.now.Add(time.Millisecond)
	options := w.options()
	switch {
	case len(options) == 0:
		return false
	case w.steps > maxSteps:
		options[w.steps%len(options)].do()
	case w.hurried:
		w.mostUrgent(options).do()
	default:
		options[w.choose("next", len(options))].do()
	}
	return true
}

func (w *interleaving) options() []option {
	var options []option
	for _, t := range w.tasks {
		if !t.ended {
			options = append(options, option{func() { w.let(t) }, t})
		}
	}
	if len(w.plans) > 0 {
		options = append(options, option{func() { w.plans[0](); w.plans = w.plans[1:] }, nil})
	}
	if w.news > 0 && w.lane == nil {
		options = append(options, option{w.wake, nil})
	}
	if w.jobs > 0 {
		options = append(options, option{w.job, nil})
	}
	if w.lane != nil && w.faults > 0 && w.steps < maxSteps && w.choose("gives up", 30) == 29 {
		options = append(options, option{w.giveUp, nil})
	}
	return options
}

// mostUrgent returns the option of the most urgent task. Now and then that task loses its turn for long: mistakes that
// need somebody to be very late show only then.
func (w *interleaving) mostUrgent(options []option) option {
	best, urgency := options[0], -1
	for _, o := range options {
		u := 5
		if o.task != nil {
			u = o.task.urgency
		}
		if u > urgency {
			best, urgency = o, u
		}
	}
	if best.task != nil && w.choose("is late", 12) == 11 {
		best.task.urgency = w.choose("urgency", 5)
	}
	return best
}

func (w *interleaving) note(format string, args ...any) {
	w.journal = append(w.journal, fmt.Sprintf(format, args...))
}

// start starts an invocation and lets it run to its first call.
func (w *interleaving) start(name string, run func(context.Context, *chattest.Actor, *followed)) *task {
	t := &task{name: fmt.Sprintf("%s%d", name, len(w.tasks)+1), grant: make(chan chattest.Fault)}
	t.followed = w.follow.follows()
	t.actor = t.followed.actor(w.store, w.gateway, w, func(c chattest.Call) chattest.Fault {
		w.arrived <- t
		fault := <-t.grant
		t.followed.granted(c.Name, fault)
		w.note("%s: %s %s", t.name, c.Name, describeFault(fault))
		return fault
	})
	if w.hurried {
		t.urgency = w.choose("urgency", 10)
	}
	w.tasks = append(w.tasks, t)
	go func() {
		t.actor.Run(w.ctx, func(ctx context.Context) { run(ctx, t.actor, t.followed) })
		t.ended = true
		w.arrived <- t
	}()
	<-w.arrived
	return t
}

// let lets a task make its call and run to the next one.
func (w *interleaving) let(t *task) {
	t.grant <- w.fault()
	<-w.arrived
}

func (w *interleaving) fault() (f chattest.Fault) {
	if w.faults == 0 || w.steps >= maxSteps || w.choose("goes wrong", 100) < 100-w.rate {
		return f
	}
	w.faults--
	switch w.choose("fault", 5) {
	case 0:
		f.Repeat = true
	case 1:
		f.Lose = true
	case 2:
		f.Fail = true
	case 3:
		f.CrashAfter = true
	case 4:
		f.CrashBefore = true
	}
	return f
}

func describeFault(f chattest.Fault) string {
	switch {
	case f.Repeat:
		return "(twice)"
	case f.Lose:
		return "(answer lost)"
	case f.Fail:
		return "(failed)"
	case f.CrashAfter:
		return "(then died)"
	case f.CrashBefore:
		return "(died before)"
	}
	return ""
}
