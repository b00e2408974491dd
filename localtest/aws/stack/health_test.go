package stack

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
)

func TestAnEngineThatDoesNotAnswerIsToldWithItsCause(t *testing.T) {
	const own, outside = "stop the stack and start it again", "AWS_ENDPOINT_URL_DYNAMODB"
	for name, c := range map[string]struct {
		pid               int
		err               error
		cause             string
		advice, otherwise string
	}{
		"own, hangs":       {7, fmt.Errorf("get: %w", context.DeadlineExceeded), "within 3s", own, outside},
		"own, refuses":     {7, syscall.ECONNREFUSED, syscall.ECONNREFUSED.Error(), own, outside},
		"outside, refuses": {0, syscall.ECONNREFUSED, syscall.ECONNREFUSED.Error(), outside, own},
	} {
		got := engineProblem(c.pid, "http://127.0.0.1:1", c.err)
		if !strings.Contains(got, c.cause) || !strings.Contains(got, c.advice) || strings.Contains(got, c.otherwise) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// What was printed of a problem is printed of its end, also where only warnings are.
func TestAProblemIsToldOnceAndSoIsItsEnd(t *testing.T) {
	var printed bytes.Buffer
	h := health{problems: map[string]string{}, log: slog.New(slog.NewTextHandler(&printed, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	for _, problem := range []string{"", "it hangs", "it hangs", "", "", "it hangs"} {
		h.set("engine", problem)
	}
	var levels []string
	for line := range strings.Lines(printed.String()) {
		_, after, _ := strings.Cut(line, "level=")
		level, _, _ := strings.Cut(after, " ")
		levels = append(levels, level)
	}
	if got := strings.Join(levels, " "); got != "ERROR WARN ERROR" {
		t.Errorf("levels %q:\n%s", got, &printed)
	}
}
