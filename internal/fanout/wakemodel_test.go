package fanout

import (
	"os"
	"testing"
)

// The bound of a wake was chosen with this model: it goes through every order of writers that place, die, or reserve
// again after a void; of a lane that gives each batch of wakes to one fan-out, again when that crashes; and of one
// fan-out that is given up for dead but goes on. Each store call of a fan-out is one step. It says nothing of readers
// and of joining.

const (
	modelWriters = 4
	modelPlaces  = modelWriters + 2 // ids from 1; one more than writers, for a writer that has to reserve again
)

// modelState is all that decides how things go on.
type modelState struct {
	places  [modelPlaces]bool // whether something is at the id
	void    [modelPlaces]bool
	writers [modelWriters]int8 // the id that each holds; 0: it has placed, or is dead
	next    int8               // the id that the counter gives next
	records int8               // that no fan-out has taken
	batch   int8               // that the lane's fan-out has taken
	pushed  int8               // the position
	got     int8               // up to here everything was pushed
	crashes int8               // that may still happen
	giveUps int8
	lane    modelFanout // whose end the lane waits for
	other   modelFanout // that was given up for dead
}

// modelFanout is a fan-out between two steps.
type modelFanout struct {
	at       modelStep
	from     int8 // the position that it read; the id to fill next
	end      int8 // of the run
	beyond   int8 // the entry after the hole; 0: there is none
	newest   int8 // that was there at the first hole; 0: there was no hole yet
	wrongEnd bool // the mistake: it ends at a hole
}

type modelStep int8

const (
	stepNone modelStep = iota
	stepPosition
	stepLog
	stepPush
	stepAdvance
	stepThen
	stepFill
)

func TestWakeModel(t *testing.T) {
	writers := 3
	if os.Getenv("CHECK_SECONDS") != "" {
		writers = modelWriters // some seconds, and some hundred megabytes
	}
	states, wrong := searchModel(writers, false)
	t.Logf("%d writers: %d states", writers, states)
	if wrong != nil {
		t.Errorf("ends with something unpushed: %+v", *wrong)
	}
	if _, wrong := searchModel(3, true); wrong == nil {
		t.Error("the model does not find the mistake of a fan-out that ends at a hole")
	}
}

// searchModel visits every state that can be reached. wrong is one at which all has ended and something is not pushed.
func searchModel(writers int, wrongEnd bool) (states int, wrong *modelState) {
	start := modelState{next: int8(writers) + 1, crashes: 1, giveUps: 1}
	for w := range writers {
		start.writers[w] = int8(w) + 1
	}
	last := int8(writers) + 1
	seen := map[modelState]bool{start: true}
	stack := []modelState{start}
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		ended := true
		s.successors(last, wrongEnd, func(n modelState) {
			ended = false
			if !seen[n] {
				seen[n] = true
				stack = append(stack, n)
			}
		})
		if ended && !s.complete() {
			return len(seen), &s
		}
	}
	return len(seen), nil
}

// complete: up to the last entry every place is filled and pushed.
func (s modelState) complete() bool {
	end, beyond := s.run(0)
	return beyond == 0 && s.got >= end && s.pushed >= end
}

// run returns the end of the unbroken run after the id, and the entry after the hole behind it; 0 for none.
func (s modelState) run(after int8) (end, beyond int8) {
	end = after
	for id := after + 1; id < modelPlaces; id++ {
		switch {
		case !s.places[id]:
		case id == end+1:
			end = id
		default:
			return end, id
		}
	}
	return end, 0
}

func (s modelState) successors(last int8, wrongEnd bool, visit func(modelState)) {
	for w, id := range s.writers {
		if id != 0 {
			s.writer(w, id, last, visit)
		}
	}
	if s.lane.at == stepNone && s.records > 0 {
		n := s
		n.batch, n.records, n.lane = s.records, 0, modelFanout{at: stepPosition, wrongEnd: wrongEnd}
		visit(n)
	}
	if s.lane.at != stepNone && s.giveUps > 0 && s.other.at == stepNone {
		n := s
		n.records, n.batch, n.giveUps, n.other, n.lane = s.records+s.batch, 0, s.giveUps-1, s.lane, modelFanout{}
		visit(n)
	}
	if s.lane.at != stepNone {
		s.fanout(s.lane, func(n modelState, f modelFanout) {
			if n.lane = f; f.at == stepNone {
				n.batch = 0
			}
			visit(n)
		})
	}
	if s.other.at != stepNone {
		s.fanout(s.other, func(n modelState, f modelFanout) { n.other = f; visit(n) })
	}
	s.crash(visit)
}

// writer dies, places, or finds a void and reserves again.
func (s modelState) writer(w int, id, last int8, visit func(modelState)) {
	dead := s
	dead.writers[w] = 0
	visit(dead)
	switch {
	case !s.places[id]:
		dead.places[id] = true
		dead.records++
		visit(dead)
	case s.void[id] && s.next <= last:
		n := s
		n.writers[w], n.next = s.next, s.next+1
		visit(n)
	}
}

func (s modelState) crash(visit func(modelState)) {
	if s.crashes == 0 {
		return
	}
	s.crashes--
	if s.lane.at != stepNone {
		n := s
		n.records, n.batch, n.lane = s.records+s.batch, 0, modelFanout{}
		visit(n)
	}
	if s.other.at != stepNone {
		n := s
		n.other = modelFanout{}
		visit(n)
	}
}

// fanout takes one step of Wake.
func (s modelState) fanout(f modelFanout, visit func(modelState, modelFanout)) {
	switch f.at {
	case stepPosition:
		visit(s, modelFanout{at: stepLog, from: s.pushed, newest: f.newest, wrongEnd: f.wrongEnd})
	case stepLog:
		f.end, f.beyond = s.run(f.from)
		f.at = stepThen
		if f.end > f.from {
			f.at = stepPush
		}
		visit(s, f)
	case stepPush:
		if f.from > s.got {
			panic("pushes past what was never pushed")
		}
		s.got, f.at = max(s.got, f.end), stepAdvance
		visit(s, f)
	case stepAdvance:
		s.pushed, f.at = max(s.pushed, f.end), stepThen
		visit(s, f)
	case stepThen:
		s.then(f, visit)
	case stepFill:
		f.from++
		if f.from == f.beyond {
			visit(s, modelFanout{at: stepPosition, newest: f.newest, wrongEnd: f.wrongEnd})
			return
		}
		if !s.places[f.from] {
			s.places[f.from], s.void[f.from] = true, true
			s.records++
		}
		visit(s, f)
	}
}

// then ends, or waits and reads again, or fills; after having read what is the newest, at the first hole.
func (s modelState) then(f modelFanout, visit func(modelState, modelFanout)) {
	switch {
	case f.beyond == 0 || f.wrongEnd || f.newest > 0 && f.end >= f.newest:
		visit(s, modelFanout{})
	case f.newest == 0:
		for id := range s.places {
			if s.places[id] {
				f.newest = int8(id)
			}
		}
		visit(s, f)
	default:
		visit(s, modelFanout{at: stepPosition, newest: f.newest, wrongEnd: f.wrongEnd})
		f.at, f.from = stepFill, f.end
		visit(s, f)
	}
}
