package lambda

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestCloseLetsWhatRunsEndAndRefusesWhatWaits(t *testing.T) {
	s, _ := start(t, func(o *Options, _ *Function) { o.MaxConcurrency, o.QueueWait, o.ShutdownGrace = 1, bound, bound })
	g := newGate(t)
	running := callGate(t, s, g, 1)
	receive(t, g.calls, "the call")
	waiting := make(chan error, 1)
	go func() {
		_, _, err := tryInvoke(context.Background(), s, event{Do: "echo"})
		waiting <- err
	}()
	awaitQueue(t, s, 1)
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	if err := receive(t, waiting, "the refusal"); !errors.Is(err, ErrClosed) {
		t.Errorf("the waiting one: %v", err)
	}
	g.open <- struct{}{}
	if out := receive(t, running, "the result"); out.PID == 0 {
		t.Errorf("the running one: %+v", out)
	}
	if err := receive(t, closed, "the end of Close"); err != nil {
		t.Error(err)
	}
	if _, _, err := tryInvoke(t.Context(), s, event{Do: "echo"}); !errors.Is(err, ErrClosed) {
		t.Errorf("invoke after Close: %v", err)
	}
	if err := s.InvokeEvent(Request{Function: "tester"}); !errors.Is(err, ErrClosed) {
		t.Errorf("event after Close: %v", err)
	}
}

func TestCloseEndsWhatDoesNotEnd(t *testing.T) {
	s, _ := start(t, func(o *Options, _ *Function) { o.ShutdownGrace = 50 * time.Millisecond })
	g := newGate(t)
	done := callGate(t, s, g, 1)
	receive(t, g.calls, "the call")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if out := receive(t, done, "the result"); out.ErrorMessage != ErrClosed.Error() {
		t.Errorf("result %+v", out)
	}
	receive(t, g.lost, "the end of the process")
}

func TestProcessesAreAskedToEnd(t *testing.T) {
	t.Run("when idle for long", func(t *testing.T) {
		s, e := start(t, func(o *Options, f *Function) { o.IdleTimeout, f.Env["MODE"] = time.Millisecond, "polite" })
		invoke(t, s, event{Do: "echo"})
		e.awaitLine(t, "bye")
	})
	t.Run("by Close", func(t *testing.T) {
		s, e := start(t, func(_ *Options, f *Function) { f.Env["MODE"] = "polite" })
		invoke(t, s, event{Do: "echo"})
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		e.awaitLine(t, "bye")
	})
}

func TestCloseDuringAStart(t *testing.T) {
	s, e := start(t, func(_ *Options, f *Function) { f.Env["MODE"] = "puppet" })
	done := callGate(t, s, newGate(t), 1)
	e.awaitLine(t, "127.0.0.1:")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if out := receive(t, done, "the result"); out.ErrorMessage != ErrClosed.Error() {
		t.Errorf("result %+v", out)
	}
}

// victimVariable makes the test binary a stack that is killed: it runs an invocation and waits.
const victimVariable = "LAMBDA_VICTIM"

func playVictim() {
	binary, url, _ := strings.Cut(os.Getenv(victimVariable), " ")
	s, err := New(Options{Functions: []Function{{Name: "tester", Binary: binary, Timeout: time.Minute}}})
	if err == nil {
		_, err = s.Invoke(context.Background(), Request{
			Function: "tester", Payload: fmt.Appendf(nil, `{"do":"call","text":%q}`, url),
		})
	}
	fmt.Fprintln(os.Stderr, "victim survived:", err)
	os.Exit(1)
}

func TestProcessesDieWithAKilledStack(t *testing.T) {
	g := newGate(t)
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), victimVariable+"="+programs.function+" "+g.URL)
	victim.Stderr = os.Stderr
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	receive(t, g.calls, "the call of the victim's function")
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()
	receive(t, g.lost, "the end of the function's process")
}
