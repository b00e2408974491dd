package stack

import (
	"sync"
	"time"
)

const (
	// progressAfter is how long a step may take before it is told. A warm start tells nothing.
	progressAfter = time.Second
	// progressEvery is how often a step that lasts is told again.
	progressEvery = 10 * time.Second
)

// step is something that the start does and that may take long.
type step struct {
	console *console
	begun   time.Time
	mu      sync.Mutex
	what    string
	printed bool
	timer   *time.Timer
}

// begin starts a step; done is to be called at its end.
func (c *console) begin(what string) *step {
	s := &step{console: c, begun: c.now(), what: what}
	s.mu.Lock() // else tell, which the timer starts, would read the field while it is written
	defer s.mu.Unlock()
	s.timer = time.AfterFunc(progressAfter, s.tell)
	return s
}

func (s *step) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer == nil {
		return
	}
	if s.printed {
		s.console.progress("%s … %.0f s", s.what, s.console.now().Sub(s.begun).Seconds())
	} else {
		s.console.progress("%s …", s.what)
	}
	s.printed = true
	s.timer.Reset(progressEvery)
}

// now tells at once that the step goes on with something else that takes long.
func (s *step) now(what string) {
	s.mu.Lock()
	s.what, s.printed = what, false
	s.mu.Unlock()
	s.tell()
}

// done ends the step.
func (s *step) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer.Stop()
	s.timer = nil
	if s.printed {
		s.console.progress("%s: done in %.1f s", s.what, s.console.now().Sub(s.begun).Seconds())
	}
}
