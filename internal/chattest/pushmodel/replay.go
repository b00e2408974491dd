package pushmodel

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Replay follows the calls of the real code. It keeps all states of the model that agree with what it was told so far:
// there can be several, since a call does not tell all that its caller decides.
//
// Invocations have numbers of their own, since many may come one after the other. [TokenOf] is the token of one.
// Connections are numbers below MaxConnections.
type Replay struct {
	model  *model
	states map[State]bool
	agents map[int]int // by invocation
	next   int         // invocation, less 1
}

// tokensAbove is where the tokens of invocations begin, above those of agents.
const tokensAbove = 32

// TokenOf returns the lease that an invocation's token is, for events of a replay.
func TokenOf(invocation int) Lease { return Lease(tokensAbove + invocation) }

// NewReplay begins with an empty room. Of the configuration only its rules count: NoDirect, Rounds, Large and Steps.
func NewReplay(c Config) *Replay { return newReplay(c, NoMistake) }

func newReplay(c Config, x Mistake) *Replay {
	c.Senders = make([]Sender, MaxSenders)
	c.Fanouts, c.Jobs, c.Joiners, c.Calm, c.Repeats = MaxFanouts, MaxJobs, MaxConnections, false, 0
	start := State{large: c.Large, placed: 1}
	return &Replay{
		model:  &model{Config: c, mistake: x, replay: true},
		states: map[State]bool{start: true}, agents: map[int]int{},
	}
}

// Sender begins a send, and returns the number of the invocation.
func (r *Replay) Sender(s Sender) (invocation int, err error) {
	i, err := r.free(0, MaxSenders)
	if err != nil {
		return 0, err
	}
	r.model.Senders[i] = s
	return r.begin(i, agent{at: sGet}), nil
}

// Fanout begins a wake for an id.
func (r *Replay) Fanout(id int8) (invocation int, err error) {
	i, err := r.free(MaxSenders, firstJob)
	if err != nil {
		return 0, err
	}
	return r.begin(i, agent{at: wHead, target: id, held: Ended}), nil
}

// Job begins a job.
func (r *Replay) Job() (invocation int, err error) {
	i, err := r.free(firstJob, maxAgents)
	if err != nil {
		return 0, err
	}
	return r.begin(i, agent{at: jNewest}), nil
}

func (r *Replay) free(from, to int) (int, error) {
	taken := slices.Collect(maps.Values(r.agents))
	for i := from; i < to; i++ {
		if !slices.Contains(taken, i) {
			return i, nil
		}
	}
	return 0, errors.New("pushmodel: more invocations at a time than a replay has room for")
}

func (r *Replay) begin(i int, a agent) int {
	r.change(func(s *State) { s.agents[i] = a })
	r.next++
	r.agents[r.next] = i
	return r.next
}

// change changes all states.
func (r *Replay) change(do func(*State)) {
	states := map[State]bool{}
	for s := range r.states {
		do(&s)
		states[s] = true
	}
	r.states = states
}

// Step goes on by one call. Its error says what the model would have allowed; the replay is over then.
func (r *Replay) Step(e Event) error {
	seen := e
	e, err := r.translate(e)
	if err != nil {
		return err
	}
	states := map[State]bool{}
	var broken Broken
	for s := range r.states {
		for _, x := range r.model.agreeing(&s, e) {
			if b := r.model.check(&s, &x); b != "" {
				broken = b
				continue
			}
			x.state.forgetRecords()
			states[x.state] = true
		}
	}
	switch {
	case len(states) > 0:
		r.states = states
		return nil
	case broken != "":
		return fmt.Errorf("%s: %s", e, broken)
	}
	return fmt.Errorf("the model does not allow: %s%s", e, r.allowed(seen.Agent))
}

// translate puts the agents of the model for invocations.
func (r *Replay) translate(e Event) (Event, error) {
	if e.Agent >= 0 {
		i, ok := r.agents[e.Agent]
		if !ok {
			return e, fmt.Errorf("pushmodel: no invocation %d runs", e.Agent)
		}
		e.Agent = i
	}
	for _, l := range []*Lease{&e.Held, &e.Next, &e.Lease} {
		if *l >= tokensAbove {
			*l = r.token(*l)
		}
	}
	return e, nil
}

// token returns the model's lease for an invocation's token, which stays as it is when that has ended.
func (r *Replay) token(l Lease) Lease {
	if i, ok := r.agents[int(l)-tokensAbove]; ok {
		return tokenOf(i)
	}
	return l
}

// keepToken puts the token of an invocation for the token of its agent, which another one gets now.
func (s *State) keepToken(agents, invocations Lease) {
	if s.lease == agents {
		s.lease = invocations
	}
	for i := range s.agents {
		if s.agents[i].seen == agents {
			s.agents[i].seen = invocations
		}
	}
}

// End ends an invocation. well says whether a fan-out's record counts as done, or a job's message is deleted; a send
// ends well always. Its error says that the model expects more calls of it.
func (r *Replay) End(invocation int, well bool) error {
	i, ok := r.agents[invocation]
	if !ok {
		return fmt.Errorf("pushmodel: no invocation %d runs", invocation)
	}
	at := endedBadly
	if well || isSender(i) {
		at = endedWell
	}
	allowed := r.allowed(invocation)
	maps.DeleteFunc(r.states, func(s State, _ bool) bool { return s.agents[i].at != at })
	if len(r.states) == 0 {
		return fmt.Errorf("%s ends too early, or otherwise than the model does%s", agentName(i), allowed)
	}
	r.gone(invocation)
	return nil
}

// Die ends an invocation whose process has died.
func (r *Replay) Die(invocation int) { r.gone(invocation) }

func (r *Replay) gone(invocation int) {
	i := r.agents[invocation]
	r.change(func(s *State) {
		s.agents[i] = agent{}
		s.keepToken(tokenOf(i), TokenOf(invocation))
	})
	delete(r.agents, invocation)
}

// allowed lists what the model allows an invocation.
func (r *Replay) allowed(invocation int) string {
	i, ok := r.agents[invocation]
	if !ok {
		return ""
	}
	lines := map[string]bool{}
	for s := range r.states {
		switch a := s.agents[i]; a.at {
		case endedWell:
			lines["it ends well"] = true
		case endedBadly:
			lines["it ends with an error"] = true
		case dPost:
			lines[fmt.Sprintf("POST %d–%d to connections %b", a.p+1, a.e, a.todo)] = true
		default:
			r.model.out = r.model.out[:0]
			r.model.agentSteps(&s, i)
			for _, x := range r.model.out {
				if x.event.Fault == NoFault && x.event.Call != Die {
					lines[x.event.String()] = true
				}
			}
		}
	}
	return "\n\tit allows: " + strings.Join(slices.Sorted(maps.Keys(lines)), "\n\t           ")
}

// forgetRecords drops the records, which a replay does not follow.
func (s *State) forgetRecords() { s.records, s.pending = [maxRecords]int8{}, 0 }
