package chat

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestCodeOf(t *testing.T) {
	cause := errors.New("cause")
	for _, c := range []struct {
		err  error
		want Code
	}{
		{nil, ""},
		{cause, CodeInternal},
		{Errorf(CodeConflict, "taken"), CodeConflict},
		{fmt.Errorf("send: %w", &Error{Code: CodeUnavailable, Err: cause}), CodeUnavailable},
		{errors.Join(cause, Errorf(CodeForbidden, "no")), CodeForbidden},
	} {
		if got := CodeOf(c.err); got != c.want {
			t.Errorf("CodeOf(%v) = %q, want %q", c.err, got, c.want)
		}
	}
	e := &Error{Code: CodeInvalid, Field: "limit", Message: "must be less", Err: cause}
	if got, want := e.Error(), "invalid limit: must be less: cause"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	if !errors.Is(e, cause) {
		t.Error("the cause is lost")
	}
}

// TestWaitsAreWhole: a wait that is rounded down is too short.
func TestWaitsAreWhole(t *testing.T) {
	for wait, want := range map[time.Duration]time.Duration{
		time.Nanosecond: time.Millisecond, time.Millisecond: time.Millisecond, 1500 * time.Microsecond: 2 * time.Millisecond,
	} {
		if got := RetryAfter(fmt.Errorf("x: %w", RateLimited(wait))); got != want {
			t.Errorf("%v: asks to wait for %v, want %v", wait, got, want)
		}
	}
	if got := RetryAfter(nil); got != 0 {
		t.Errorf("without an error: %v", got)
	}
}
