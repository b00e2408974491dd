package chat

import (
	"context"
	"time"
)

// Sleep waits for d. When ctx ends before, it returns at once with the error CodeUnavailable.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return OutOfTime(ctx)
	}
}

// OutOfTime returns the error of work that stopped because ctx ended: CodeUnavailable, with the cause of the end.
func OutOfTime(ctx context.Context) error {
	return &Error{Code: CodeUnavailable, Message: "this took too long; try again", Err: context.Cause(ctx)}
}
