package lambda

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const latest = "$LATEST"

// Payload limits in bytes (AWS Lambda Developer Guide, "Lambda quotas"). A response may be a little longer, as in AWS's own
// Runtime Interface Emulator.
const (
	MaxPayload      = 6 << 20
	MaxEventPayload = 1 << 20
	maxResponse     = MaxPayload + 100
)

// Request is an invocation to be made.
type Request struct {
	Function string // logical id, name or ARN
	Payload  []byte // JSON; it must not be changed until the function has ended
	Source   string // what caused it, for the log line: "sendMessage", "GET /health", "stream"
}

// Result is what became of an invocation that reached the function.
type Result struct {
	Payload       []byte // what the function returned, or {"errorMessage","errorType"…} when FunctionError is set
	FunctionError string // "" or "Unhandled"
	Failure       string // "" or "errorType: errorMessage", for people
	RequestID     string
	Duration      time.Duration // from handing it to the function to having its response
	Cold          bool          // the process was started for it, or at least had run nothing before
}

// Invocation is what OnInvocation gets: how an invocation ended.
type Invocation struct {
	Function, Source, RequestID string

	Cold     bool
	Init     time.Duration // from the start of the process to its first request for work; only when Cold
	Duration time.Duration // as in Result
	Error    string        // "" or "errorType: errorMessage"; a throttled one has the Reason as type
	Reply    []byte        // what the function returned, when Error is empty; it must not be changed
}

// ErrClosed is returned when the service is or gets closed.
var ErrClosed = errors.New("lambda: service closed")

// UnknownFunctionError is returned when no function has that name.
type UnknownFunctionError struct{ Function string }

func (e *UnknownFunctionError) Error() string { return fmt.Sprintf("no function %q", e.Function) }

// RequestTooLargeError is returned when a payload is over the limit of its invocation type.
type RequestTooLargeError struct{ Size, Limit int }

func (e *RequestTooLargeError) Error() string {
	return fmt.Sprintf("payload of %d bytes is over the limit of %d", e.Size, e.Limit)
}

// ThrottledError is returned when no process got free in time (429 in the Invoke API).
type ThrottledError struct {
	Function string
	Reason   string // as in the Lambda API's TooManyRequestsException
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("invoke %s: throttled: %s", e.Function, e.Reason)
}

// Reasons of a ThrottledError (AWS Lambda API reference, "TooManyRequestsException").
const (
	ReasonConcurrency         = "ConcurrentInvocationLimitExceeded"
	ReasonReservedConcurrency = "ReservedFunctionConcurrentInvocationLimitExceeded"
)

// invocation is one that is waiting or running. What is marked belongs to its function's lock.
type invocation struct {
	request Request
	id      string       // UUID
	outcome chan outcome // has room for the one that comes

	waiting bool      // is in the queue (lock)
	entered time.Time // when it came there (lock)
	served  bool      // a process is being started for it (lock)

	begun time.Time     // when it was handed to the process (lock)
	cold  bool          // (lock)
	init  time.Duration // of its process, when cold (lock)
}

type outcome struct {
	result Result
	err    error
}

// Invoke runs a function and waits for its result. A function that fails is not an error but a Result with FunctionError.
// Errors: *UnknownFunctionError, *RequestTooLargeError, *ThrottledError, ErrClosed, and ctx's when it ends first, in which
// case a function that has begun goes on to its end (as on AWS, when the caller hangs up).
func (s *Service) Invoke(ctx context.Context, req Request) (Result, error) {
	f := s.functions[req.Function]
	if f == nil {
		return Result{}, &UnknownFunctionError{req.Function}
	}
	if len(req.Payload) > MaxPayload {
		return Result{}, &RequestTooLargeError{len(req.Payload), MaxPayload}
	}
	inv := &invocation{request: req, id: newUUID(), outcome: make(chan outcome, 1)}
	waiting, err := f.enter(inv)
	if err != nil {
		return Result{}, err
	}
	if waiting {
		return f.awaitTurn(ctx, inv)
	}
	return f.awaitOutcome(ctx, inv)
}

// awaitTurn waits in the queue. The outcome may come at any time, since a process that gets free takes the invocation by
// itself, and the pool starts processes by itself; here is only the limit of the waiting.
func (f *function) awaitTurn(ctx context.Context, inv *invocation) (Result, error) {
	bound := f.opts.QueueWait
	if f.reserved {
		bound = max(f.opts.FreeWait, 0)
	}
	timer := time.NewTimer(bound)
	defer timer.Stop()
	for {
		select {
		case o := <-inv.outcome:
			return o.result, o.err
		case <-ctx.Done():
			f.leave(inv)
			return Result{}, ctx.Err()
		case <-timer.C:
		}
		switch f.afterWaiting(inv) {
		case settled:
			return f.awaitOutcome(ctx, inv)
		case refused:
			return Result{}, f.throttled(inv)
		}
		timer.Reset(bound)
	}
}

func (f *function) awaitOutcome(ctx context.Context, inv *invocation) (Result, error) {
	select {
	case o := <-inv.outcome:
		return o.result, o.err
	case <-ctx.Done():
		f.leave(inv)
		return Result{}, ctx.Err()
	}
}

func (f *function) throttled(inv *invocation) error {
	err := &ThrottledError{Function: f.spec.Name, Reason: ReasonConcurrency}
	if f.reserved {
		err.Reason = ReasonReservedConcurrency
	}
	f.report(inv, Result{}, err.Reason+": all processes are busy")
	return err
}

// finish hands the outcome to the caller and tells OnInvocation.
func (f *function) finish(inv *invocation, payload []byte, functionError string) {
	r := Result{Payload: payload, FunctionError: functionError, RequestID: inv.id, Cold: inv.cold}
	if functionError != "" {
		r.Failure = describeFailure(payload)
	}
	if !inv.begun.IsZero() {
		r.Duration = time.Since(inv.begun)
	}
	inv.outcome <- outcome{result: r}
	f.report(inv, r, r.Failure)
}

// report tells OnInvocation. failure is empty if the function succeeded.
func (f *function) report(inv *invocation, r Result, failure string) {
	if f.opts.OnInvocation == nil {
		return
	}
	finished := Invocation{
		Function: f.spec.Name, Source: inv.request.Source, RequestID: inv.id,
		Cold: inv.cold, Init: inv.init, Duration: r.Duration, Error: failure,
	}
	if failure == "" {
		finished.Reply = r.Payload
	}
	f.opts.OnInvocation(finished)
}
