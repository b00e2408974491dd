package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"
)

func TestWhatIsCutOffHidesNoOtherError(t *testing.T) {
	s := &Stack{log: slog.New(slog.DiscardHandler)}
	late := fmt.Errorf("shutdown: %w", context.DeadlineExceeded)
	if err := s.withoutDeadlines([]error{nil, late}); err != nil {
		t.Errorf("what takes long is an error: %v", err)
	}
	broken := errors.New("broken")
	err := s.withoutDeadlines([]error{late, nil, broken, late})
	if !errors.Is(err, broken) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the other error alone", err)
	}
}

func TestEndpointsThatSomebodyRemovedAreNoError(t *testing.T) {
	s := &Stack{announced: true, options: Options{DataDir: t.TempDir()}, log: slog.New(slog.DiscardHandler),
		console: newConsole(io.Discard, time.Now, true)}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
