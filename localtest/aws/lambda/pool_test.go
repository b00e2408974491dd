package lambda

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// callGate invokes "call" n times side by side. The results come on the channel.
func callGate(t *testing.T, s *Service, g *gate, n int) <-chan reply {
	t.Helper()
	done := make(chan reply, n)
	for range n {
		go func() {
			_, out, err := tryInvoke(context.Background(), s, event{Do: "call", Text: g.URL})
			if err != nil {
				out.ErrorMessage = err.Error()
			}
			done <- out
		}()
	}
	return done
}

func TestParallelInvocationsRunInProcessesOfTheirOwn(t *testing.T) {
	const limit, n = 4, 20
	s, _ := start(t, func(o *Options, _ *Function) { o.MaxConcurrency, o.FreeWait = limit, time.Millisecond })
	g := newGate(t)
	done := callGate(t, s, g, n)
	for range limit {
		receive(t, g.calls, "a call")
	}
	// All processes are inside the function now, so a fifth call would have to share one.
	if got := len(s.Processes()); got != limit {
		t.Errorf("%d processes, want %d", got, limit)
	}
	select {
	case <-g.calls:
		t.Error("a process runs two invocations at once")
	default:
	}
	pids := map[int]int{}
	for range n {
		g.open <- struct{}{}
		out := receive(t, done, "a result")
		if out.ErrorMessage != "" {
			t.Error(out.ErrorMessage)
		}
		pids[out.PID]++
	}
	if len(pids) != limit {
		t.Errorf("invocations by process: %v, want %d processes", pids, limit)
	}
}

func TestAProcessIsUsedAgainMostRecentlyUsedFirst(t *testing.T) {
	s, _ := start(t, func(o *Options, _ *Function) { o.FreeWait = time.Millisecond })
	g := newGate(t)
	done := callGate(t, s, g, 2)
	receive(t, g.calls, "the first call")
	receive(t, g.calls, "the second call")
	g.open <- struct{}{}
	receive(t, done, "the first result")
	awaitIdle(t, s, 1)
	g.open <- struct{}{}
	last := receive(t, done, "the last result")
	for range 5 {
		awaitIdle(t, s, 2)
		if _, out := invoke(t, s, event{Do: "echo"}); out.PID != last.PID {
			t.Errorf("process %d, want %d, which was used last", out.PID, last.PID)
		}
	}
}

// awaitIdle waits until n processes have asked for work: a result comes a little before that.
func awaitIdle(t *testing.T, s *Service, n int) {
	t.Helper()
	eventually(t, "idle processes", func() bool {
		found := 0
		for _, f := range s.pools {
			f.mu.Lock()
			for p := range f.processes {
				if p.state == idle {
					found++
				}
			}
			f.mu.Unlock()
		}
		return found == n
	})
}

func TestAShortInvocationIsWaitedFor(t *testing.T) {
	s, _ := start(t, func(o *Options, _ *Function) { o.FreeWait = bound })
	g := newGate(t)
	done := callGate(t, s, g, 5)
	for range 5 {
		receive(t, g.calls, "a call")
		g.open <- struct{}{}
		receive(t, done, "a result")
	}
	if n := len(s.Processes()); n != 1 {
		t.Errorf("%d processes, want 1", n)
	}
}

// With no FreeWait each invocation that finds no free process has one started before Invoke waits for anything.
func TestNoInvocationWaitsForAnothersProcess(t *testing.T) {
	const limit = 3
	s, _ := start(t, func(o *Options, _ *Function) { o.MaxConcurrency, o.FreeWait, o.QueueWait = limit, -1, bound })
	f, g := s.pools[0], newGate(t)
	var entered []*invocation
	for n := range limit + 1 {
		inv := &invocation{
			request: Request{Function: "tester", Payload: []byte(`{"do":"call","text":"` + g.URL + `"}`)},
			id:      newUUID(), outcome: make(chan outcome, 1),
		}
		if waiting, err := f.enter(inv); !waiting || err != nil {
			t.Fatalf("enter: waiting %t, %v", waiting, err)
		}
		f.mu.Lock()
		if inv.served != (n < limit) || len(f.processes) != min(n+1, limit) {
			t.Errorf("invocation %d: a process is started for it: %t, %d processes", n+1, inv.served, len(f.processes))
		}
		f.mu.Unlock()
		entered = append(entered, inv)
	}
	for range limit {
		receive(t, g.calls, "a call that runs beside the others")
	}
	for range entered {
		g.open <- struct{}{}
	}
	for _, inv := range entered {
		if o := receive(t, inv.outcome, "a result"); o.err != nil || o.result.FunctionError != "" {
			t.Errorf("result %s, %v", o.result.Payload, o.err)
		}
	}
}

func TestThrottling(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Options, *Function)
		reason string
	}{
		"the service's limit": {
			func(o *Options, _ *Function) { o.MaxConcurrency, o.QueueWait = 2, time.Millisecond }, ReasonConcurrency,
		},
		"reserved": {
			func(o *Options, f *Function) { f.MaxConcurrency, o.QueueWait = 2, bound }, ReasonReservedConcurrency,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, e := start(t, func(o *Options, f *Function) { o.FreeWait = time.Millisecond; c.change(o, f) })
			g := newGate(t)
			done := callGate(t, s, g, 2)
			receive(t, g.calls, "the first call")
			receive(t, g.calls, "the second call")
			_, _, err := tryInvoke(t.Context(), s, event{Do: "echo"})
			var throttled *ThrottledError
			if !errors.As(err, &throttled) || throttled.Reason != c.reason {
				t.Errorf("invoke: %v, want %s", err, c.reason)
			}
			e.awaitInvocation(t, "was throttled", func(i Invocation) bool { return strings.HasPrefix(i.Error, c.reason) })
			g.open <- struct{}{}
			g.open <- struct{}{}
			for range 2 {
				if out := receive(t, done, "a result"); out.ErrorMessage != "" {
					t.Error(out.ErrorMessage)
				}
			}
			awaitIdle(t, s, 2) // a result comes a little before its process is free
			invoke(t, s, event{Do: "echo"})
		})
	}
}

func TestAWaitingInvocationGetsTheNextFreeProcess(t *testing.T) {
	s, _ := start(t, func(o *Options, _ *Function) { o.MaxConcurrency, o.QueueWait = 1, bound })
	g := newGate(t)
	done := callGate(t, s, g, 3)
	pids := map[int]bool{}
	for range 3 {
		receive(t, g.calls, "a call")
		g.open <- struct{}{}
		pids[receive(t, done, "a result").PID] = true
	}
	if len(pids) != 1 {
		t.Errorf("processes %v, want one", pids)
	}
}

func TestACrashAtTheLimitStrandsNoInvocation(t *testing.T) {
	s, _ := start(t, func(o *Options, _ *Function) { o.MaxConcurrency, o.QueueWait, o.FreeWait = 1, bound, time.Millisecond })
	g := newGate(t)
	callGate(t, s, g, 1)
	receive(t, g.calls, "the call")
	waiting := make(chan reply, 1)
	go func() {
		_, out, _ := tryInvoke(context.Background(), s, event{Do: "echo", Text: "after"})
		waiting <- out
	}()
	awaitQueue(t, s, 1)
	killAll(t, s)
	if out := receive(t, waiting, "the waiting invocation"); out.Text != "after" {
		t.Errorf("result %+v", out)
	}
}

// awaitQueue waits until n invocations wait for a process.
func awaitQueue(t *testing.T, s *Service, n int) {
	t.Helper()
	eventually(t, "a change of the queue", func() bool {
		f := s.pools[0]
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.queue) == n
	})
}

func TestACallerMayGiveUp(t *testing.T) {
	s, e := start(t, func(o *Options, _ *Function) { o.MaxConcurrency, o.QueueWait = 1, bound })
	g := newGate(t)
	running, giveUp := context.WithCancel(t.Context())
	errs := make(chan error, 2)
	go func() {
		_, _, err := tryInvoke(running, s, event{Do: "call", Text: g.URL})
		errs <- err
	}()
	receive(t, g.calls, "the call")
	go func() {
		_, _, err := tryInvoke(running, s, event{Do: "echo"})
		errs <- err
	}()
	awaitQueue(t, s, 1)
	giveUp()
	for range 2 {
		if err := receive(t, errs, "the end of Invoke"); !errors.Is(err, context.Canceled) {
			t.Errorf("Invoke: %v", err)
		}
	}
	awaitQueue(t, s, 0)
	g.open <- struct{}{} // the function goes on to its end, nonetheless
	e.awaitInvocation(t, "has run", func(i Invocation) bool { return i.Error == "" })
	if _, out := invoke(t, s, event{Do: "echo", Text: "next"}); out.Text != "next" {
		t.Errorf("the next invocation: %+v", out)
	}
}

func TestAnIdleProcessIsStopped(t *testing.T) {
	s, _ := start(t, func(o *Options, _ *Function) { o.IdleTimeout = time.Millisecond })
	_, before := invoke(t, s, event{Do: "echo"})
	eventually(t, "the end of the process", func() bool { return len(s.Processes()) == 0 })
	if _, after := invoke(t, s, event{Do: "echo"}); after.PID == before.PID {
		t.Error("the stopped process ran")
	}
}

func killAll(t *testing.T, s *Service) {
	t.Helper()
	for _, p := range s.Processes() {
		process, err := os.FindProcess(p.PID)
		if err != nil {
			t.Fatal(err)
		}
		if err := process.Kill(); err != nil {
			t.Fatal(err)
		}
	}
}

// The rest is about moments that cannot be brought about from outside.

func TestAProcessPrefersWhatItWasStartedFor(t *testing.T) {
	first, starter := &invocation{waiting: true}, &invocation{waiting: true}
	f := &function{queue: []*invocation{first, starter}}
	p := &process{function: f, starter: starter}
	if got := f.nextFor(p); got != starter {
		t.Error("it takes another")
	}
	if got := f.nextFor(p); got != first {
		t.Error("it does not take the oldest then")
	}
	if got := f.nextFor(p); got != nil {
		t.Error("it takes one twice")
	}
}

func TestATimerThatFiresTooLateDoesNothing(t *testing.T) {
	s, _ := start(t, nil)
	_, before := invoke(t, s, event{Do: "echo"})
	for p := range s.pools[0].processes {
		p.expire()
	}
	awaitIdle(t, s, 1)
	if _, after := invoke(t, s, event{Do: "echo"}); after.PID != before.PID {
		t.Error("the process was stopped")
	}
}

func TestACallerMayGiveUpDuringAStart(t *testing.T) {
	inv := &invocation{waiting: true, served: true}
	f := &function{queue: []*invocation{inv}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.awaitOutcome(ctx, inv); !errors.Is(err, context.Canceled) || len(f.queue) != 0 {
		t.Errorf("error %v, %d in the queue", err, len(f.queue))
	}
}
