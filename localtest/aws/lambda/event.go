package lambda

import (
	"errors"
	"time"

	"serverlesschat/localtest/aws/wait"
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
		var pause time.Duration
		var throttled *ThrottledError
		switch {
		case err == nil && result.FunctionError == "":
			return
		case errors.As(err, &throttled) && time.Since(begun) < maxEventAge:
			pause = throttleWait
			throttleWait = min(2*throttleWait, lastThrottleWait)
		case err == nil && len(retries) > 0:
			pause, retries = retries[0], retries[1:]
		default:
			s.opts.Logger.Warn("event given up", "function", req.Function, "source", req.Source, "error", err,
				"functionError", result.FunctionError)
			return
		}
		if !wait.For(s.events, pause) {
			return
		}
	}
}
