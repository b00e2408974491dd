package lambda

import (
	"context"
	"errors"
	"time"
)

// Retries of a throttled Event invocation (AWS Lambda Developer Guide, "Asynchronous invocation": from one second to at
// most five minutes apart, for up to six hours).
const (
	firstThrottleWait = time.Second
	lastThrottleWait  = 5 * time.Minute
	maxEventAge       = 6 * time.Hour
)

// InvokeEvent runs a function without waiting for it (invocation type Event). A failed invocation is repeated, twice by
// default, a throttled one until it is six hours old. Then it is given up, with a line in the log: functions' own
// failure destinations are not emulated. What has not run when the service closes never does. Errors:
// *UnknownFunctionError, *RequestTooLargeError, ErrClosed.
func (s *Service) InvokeEvent(req Request) error {
	if s.functions[req.Function] == nil {
		return &UnknownFunctionError{req.Function}
	}
	if len(req.Payload) > MaxEventPayload {
		return &RequestTooLargeError{len(req.Payload), MaxEventPayload}
	}
	if !s.goDo(func() { s.runEvent(req) }) {
		return ErrClosed
	}
	return nil
}

func (s *Service) runEvent(req Request) {
	begun := time.Now()
	retries := s.opts.EventRetries
	throttleWait := firstThrottleWait
	for {
		result, err := s.Invoke(s.events, req)
		var wait time.Duration
		var throttled *ThrottledError
		switch {
		case err == nil && result.FunctionError == "":
			return
		case errors.As(err, &throttled) && time.Since(begun) < maxEventAge:
			wait = throttleWait
			throttleWait = min(2*throttleWait, lastThrottleWait)
		case err == nil && len(retries) > 0:
			wait, retries = retries[0], retries[1:]
		default:
			s.opts.Logger.Warn("event given up", "function", req.Function, "source", req.Source, "error", err,
				"functionError", result.FunctionError)
			return
		}
		if !sleep(s.events, wait) {
			return
		}
	}
}

// sleep returns false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
