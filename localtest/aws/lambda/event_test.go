package lambda

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestEventInvocations(t *testing.T) {
	s, e := start(t, func(o *Options, _ *Function) { o.EventRetries = []time.Duration{time.Millisecond, time.Millisecond} })
	if err := s.InvokeEvent(Request{Function: "tester", Payload: []byte(`{"do":"fail","text":"never"}`), Source: "later"}); err != nil {
		t.Fatal(err)
	}
	e.await(t, "3 attempts", func() bool { return len(e.invocations) == 3 })
	if err := s.InvokeEvent(Request{Function: "tester", Payload: []byte(`{"do":"echo"}`), Source: "once"}); err != nil {
		t.Fatal(err)
	}
	e.awaitInvocation(t, "succeeded", func(i Invocation) bool { return i.Source == "once" && i.Error == "" })
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	counts := map[string]int{}
	for _, i := range e.invocations {
		counts[i.Source+" "+i.Error]++
	}
	if counts["later errorString: never"] != 3 || counts["once "] != 1 || len(counts) != 2 {
		t.Errorf("invocations %v", counts)
	}
	var unknown *UnknownFunctionError
	if err := s.InvokeEvent(Request{Function: "nobody"}); !errors.As(err, &unknown) {
		t.Errorf("unknown function: %v", err)
	}
	var large *RequestTooLargeError
	if err := s.InvokeEvent(Request{Function: "tester", Payload: make([]byte, MaxEventPayload+1)}); !errors.As(err, &large) {
		t.Errorf("large event: %v", err)
	}
}

func TestAThrottledEventIsTriedAgain(t *testing.T) {
	s, e := start(t, func(o *Options, _ *Function) {
		o.MaxConcurrency, o.QueueWait, o.FreeWait = 1, time.Millisecond, time.Millisecond
	})
	g := newGate(t)
	done := callGate(t, s, g, 1)
	receive(t, g.calls, "the call that holds the only process")
	if err := s.InvokeEvent(Request{Function: "tester", Payload: []byte(`{"do":"echo"}`), Source: "later"}); err != nil {
		t.Fatal(err)
	}
	e.awaitInvocation(t, "was throttled", func(i Invocation) bool {
		return i.Source == "later" && strings.HasPrefix(i.Error, ReasonConcurrency)
	})
	g.open <- struct{}{}
	receive(t, done, "a result")
	e.awaitInvocation(t, "succeeded", func(i Invocation) bool { return i.Source == "later" && i.Error == "" })
}
