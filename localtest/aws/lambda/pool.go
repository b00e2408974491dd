package lambda

import (
	"slices"
	"sync"
	"time"
)

// function is a function with its processes and the invocations that wait for one. All fields below mu, and those of
// its processes and invocations that say so, belong to mu. It is never held during input or output.
type function struct {
	service  *Service
	opts     *Options
	spec     Function
	env      []string // of every process, without what differs
	log      *logFile
	limit    int  // processes at once
	reserved bool // the limit is the function's own

	mu        sync.Mutex
	closed    bool
	processes map[*process]struct{}
	idle      []*process    // most recently used last
	queue     []*invocation // oldest first
	growth    *time.Timer   // calls grow
	growing   bool          // growth is running
}

func newFunction(s *Service, spec Function, log *logFile) *function {
	f := &function{service: s, opts: &s.opts, spec: spec, log: log, processes: map[*process]struct{}{}}
	f.env = environment(spec, s.opts.Region, s.opts.Environment)
	f.limit, f.reserved = spec.MaxConcurrency, spec.MaxConcurrency > 0
	if !f.reserved {
		f.limit = s.opts.MaxConcurrency
	}
	return f
}

// enter hands inv to the most recently used free process, or puts it into the queue; then waiting is true. A process is
// started for it at once where there is none to wait for, or no wait is wanted.
func (f *function) enter(inv *invocation) (waiting bool, err error) {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return false, ErrClosed
	}
	if p, c := f.takeIdle(inv); p != nil {
		f.mu.Unlock()
		f.deliver(p, c, inv)
		return false, nil
	}
	inv.waiting, inv.entered = true, time.Now()
	f.queue = append(f.queue, inv)
	if len(f.processes) == 0 || f.opts.FreeWait <= 0 && len(f.processes) < f.limit {
		f.startFor(inv, 1)
	}
	f.watchQueue(f.opts.FreeWait)
	f.mu.Unlock()
	return true, nil
}

// takeIdle gives inv to the most recently used free process, which is then to be told (see deliver); it returns nil when
// none is free. The lock is held.
func (f *function) takeIdle(inv *invocation) (*process, *runtimeConn) {
	n := len(f.idle)
	if n == 0 {
		return nil, nil
	}
	p := f.idle[n-1]
	f.idle = f.idle[:n-1]
	return p, p.assign(inv)
}

// watchQueue lets grow look at the queue after d, unless it is about to anyway. The lock is held.
func (f *function) watchQueue(d time.Duration) {
	switch {
	case f.growing:
		return
	case f.growth == nil:
		f.growth = time.AfterFunc(max(d, 0), f.grow)
	default:
		f.growth.Reset(max(d, 0))
	}
	f.growing = true
}

// grow starts a process if the oldest invocation that none is being started for has waited long enough. It starts one
// at a time, FreeWait apart, since what a burst needs is seldom as many processes as it has invocations: on few
// processors they start slowly side by side, and then stay.
func (f *function) grow() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.growing = false
	inv := f.oldestUnserved()
	if inv == nil || len(f.processes) >= f.limit {
		return // replace takes over when a process ends
	}
	if wait := f.opts.FreeWait - time.Since(inv.entered); wait > 0 {
		f.watchQueue(wait)
		return
	}
	f.startFor(inv, 1)
	f.watchQueue(f.opts.FreeWait)
}

// oldestUnserved returns the first in the queue that no process is being started for, or nil. The lock is held.
func (f *function) oldestUnserved() *invocation {
	for _, inv := range f.queue {
		if !inv.served {
			return inv
		}
	}
	return nil
}

// afterWaiting says what becomes of inv when its time in the queue is over.
func (f *function) afterWaiting(inv *invocation) verdict {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !inv.waiting || inv.served:
		return settled
	case len(f.processes) < f.limit:
		return keepWaiting
	}
	f.unqueue(inv)
	return refused
}

// verdict is an answer of afterWaiting.
type verdict int

const (
	settled     verdict = iota // a process has taken it or is being started for it
	keepWaiting                // one will be
	refused                    // none can be; it is out of the queue
)

// leave takes inv out of the queue, if it is (still) there.
func (f *function) leave(inv *invocation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unqueue(inv)
}

// unqueue is leave, with the lock held.
func (f *function) unqueue(inv *invocation) {
	if !inv.waiting {
		return
	}
	inv.waiting = false
	f.queue = slices.DeleteFunc(f.queue, func(other *invocation) bool { return other == inv })
}

// nextFor takes the invocation out of the queue that p is to run: the one it was started for, else the oldest. The lock
// is held.
func (f *function) nextFor(p *process) *invocation {
	var inv *invocation
	switch {
	case p.starter != nil && p.starter.waiting:
		inv = p.starter
	case len(f.queue) > 0:
		inv = f.queue[0]
	}
	p.starter = nil
	if inv != nil {
		f.unqueue(inv)
	}
	return inv
}

// startFor starts a process for inv. The lock is held.
func (f *function) startFor(inv *invocation, attempt int) {
	p := &process{function: f, starter: inv, attempt: attempt, state: starting}
	if !f.service.goDo(func() { p.run() }) {
		return
	}
	inv.served = true
	f.processes[p] = struct{}{}
}

// returned puts inv, which its process could not take, back to the front of the queue. Unless another process is free,
// one is started for it. At the limit that happens when the broken process has ended (see replace).
func (f *function) returned(inv *invocation) {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		inv.outcome <- outcome{err: ErrClosed}
		return
	}
	if p, c := f.takeIdle(inv); p != nil {
		f.mu.Unlock()
		f.deliver(p, c, inv)
		return
	}
	inv.waiting, inv.served, inv.entered = true, false, time.Now()
	f.queue = slices.Insert(f.queue, 0, inv)
	if len(f.processes) < f.limit {
		f.startFor(inv, 1)
	}
	f.mu.Unlock()
}

// replace starts a process for the oldest invocation that waits without one, after a process has ended. The lock is
// held.
func (f *function) replace() {
	if inv := f.oldestUnserved(); inv != nil && len(f.processes) < f.limit {
		f.startFor(inv, 1)
		f.watchQueue(f.opts.FreeWait)
	}
}

// park makes p free, waiting for work on c. The lock is held.
func (f *function) park(p *process, c *runtimeConn) {
	p.state, p.parked = idle, c
	f.idle = append(f.idle, p)
	p.arm(f.opts.IdleTimeout)
}

// unpark makes p unable to take work. The lock is held.
func (f *function) unpark(p *process) {
	p.parked = nil
	f.idle = slices.DeleteFunc(f.idle, func(other *process) bool { return other == p })
}

// close refuses what waits and begins to stop the processes.
func (f *function) close() {
	f.mu.Lock()
	f.closed = true
	if f.growth != nil {
		f.growth.Stop()
	}
	waiting := f.queue
	f.queue = nil
	for _, inv := range waiting {
		inv.waiting = false
	}
	for p := range f.processes {
		if p.state == running || p.state == answered {
			p.arm(min(f.opts.ShutdownGrace, time.Until(p.due)))
		} else {
			p.stop()
		}
	}
	f.mu.Unlock()
	for _, inv := range waiting {
		inv.outcome <- outcome{err: ErrClosed}
	}
}

func (f *function) list() []Process {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []Process
	for p := range f.processes {
		if p.alive {
			all = append(all, Process{Function: f.spec.Name, PID: p.cmd.Process.Pid})
		}
	}
	return all
}
