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
		return &Error{Code: CodeUnavailable, Message: "this took too long; try again", Err: context.Cause(ctx)}
	}
}
