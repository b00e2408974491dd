package chat

import (
	"errors"
	"fmt"
	"time"
)

// Code is a stable word for a kind of failure; clients branch on it.
type Code string

// The codes of the wire protocol.
const (
	CodeInvalid       Code = "invalid"        // a field is missing or wrong; Error.Field names it
	CodeUnauthorized  Code = "unauthorized"   // no token, or one that is not valid
	CodeForbidden     Code = "forbidden"      // the user is known, but may not do this
	CodeUnknownAction Code = "unknown_action" // a frame asks for what does not exist
	CodeNotFound      Code = "not_found"      // no such room, entry or user
	CodeConflict      Code = "conflict"       // a client_message_id used again for other content
	CodeTooLarge      Code = "too_large"      // a field is over its size limit; Error.Field names it
	CodeRateLimited   Code = "rate_limited"   // over a rate limit; Error.RetryAfter says when to try again
	CodeUnavailable   Code = "unavailable"    // a limit of the store or the gateway outlasted the retries; safe to repeat
	CodeInternal      Code = "internal"       // a defect of ours
)

// Error is the one error type of the chat.
type Error struct {
	Code       Code
	Message    string        // safe to show to users; empty for CodeInternal
	Field      string        // which field is wrong, with CodeInvalid and CodeTooLarge; else empty
	Room       RoomID        // which of several rooms the error is about; empty when the request names one
	RetryAfter time.Duration // with CodeRateLimited, and with CodeUnavailable where it is known; else 0
	Err        error         // the cause, for the log only
}

// Error returns the text for logs, with the cause.
func (e *Error) Error() string {
	text := string(e.Code)
	if e.Field != "" {
		text += " " + e.Field
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of err, CodeInternal for any error that has none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// RetryAfter returns how long err asks to wait; 0 where it does not say.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// RateLimited returns the error for who has used up a limit: after the wait, in whole milliseconds, the same may succeed.
func RateLimited(wait time.Duration) *Error {
	wait = (wait + time.Millisecond - 1).Truncate(time.Millisecond)
	return &Error{Code: CodeRateLimited, Message: "too much is asked in too short a time", RetryAfter: wait}
}

// Invalid returns an error that names the field that is wrong, by its name in the protocol.
func Invalid(field, format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Errorf returns an error of the code with a message for users.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// InRoom returns err as one that says which of several rooms it is about. What is no error of the chat becomes internal.
func InRoom(room RoomID, err error) error {
	about := Error{Code: CodeInternal, Err: err}
	if e, ok := errors.AsType[*Error](err); ok {
		about = *e
	}
	about.Room = room
	return &about
}

// Wrap puts the operation before err; it returns nil for nil.
func Wrap(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", operation, err)
}
