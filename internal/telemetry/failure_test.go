package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"serverlesschat/internal/telemetry"
)

// A batch of the stream fails room by room. An alarm watches one code, so each must be counted under its own.
func TestEachCodeIsCountedByItself(t *testing.T) {
	all := lines(t, slog.LevelError, func(ctx context.Context) error {
		r := telemetry.From(ctx)
		r.Label("room", "general")
		r.Fail("unavailable", errors.New("throttled"))
		r.Fail("internal", errors.New("nil map"))
		r.Fail("unavailable", errors.New("throttled again"))
		r.Fail("invalid", nil)
		return nil
	})
	want := []map[string]any{
		{"msg": "invocation", "level": "ERROR", "outcome": "internal", "error": "nil map", "Errors": 1.0, "room": "general", "Invocations": 1.0},
		{"msg": "errors", "level": "ERROR", "outcome": "unavailable", "error": "throttled\nthrottled again", "Errors": 2.0, "Invocations": nil},
		{"msg": "errors", "level": "INFO", "outcome": "invalid", "error": nil, "Errors": 1.0},
	}
	if len(all) != len(want) {
		t.Fatalf("%d lines, want %d: %v", len(all), len(want), all)
	}
	for i, line := range all {
		expectMembers(t, line, want[i])
		expectMembers(t, line, map[string]any{"function": "sendmessage", "request_id": "8f5c"})
		if units := metrics(t, line, "outcome"); units["Errors"] != "Count" || len(units) != 1 {
			t.Errorf("line %d: metrics by outcome: %v", i, units)
		}
		if units := metrics(t, line, "function"); (units["Invocations"] != "") != (i == 0) {
			t.Errorf("line %d: metrics by function: %v", i, units)
		}
	}
}

func TestAFailedInvocationIsItsOutcome(t *testing.T) {
	all := lines(t, slog.LevelInfo, func(ctx context.Context) error {
		telemetry.From(ctx).Fail("unavailable", errors.New("throttled"))
		return errors.New("broken")
	})
	if len(all) != 2 {
		t.Fatalf("%d lines, want 2: %v", len(all), all)
	}
	expectMembers(t, all[0], map[string]any{"outcome": "failed", "error": "broken", "level": "ERROR"})
	expectMembers(t, all[1], map[string]any{"outcome": "unavailable", "error": "throttled", "level": "ERROR"})
}

// numbered returns n errors: lost 1, lost 2 …
func numbered(n int) (all []error) {
	for i := range n {
		all = append(all, fmt.Errorf("lost %d", i+1))
	}
	return all
}

type wrapping struct{ inner error }

func (w wrapping) Error() string { return "unavailable: " + w.inner.Error() + " (safe to repeat)" }
func (w wrapping) Unwrap() error { return w.inner }

func TestJoinedErrorsAreCut(t *testing.T) {
	const three = "lost 1\nlost 2\nlost 3"
	joined := errors.Join(numbered(5000)...)
	kinds := fmt.Errorf("post: %w: %w", errors.New("not allowed"), errors.New("403"))
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"three":                {errors.Join(numbered(3)...), three},
		"four":                 {errors.Join(numbered(4)...), three + "\nand 1 more"},
		"thousands":            {joined, three + "\nand 4997 more"},
		"wrapped":              {fmt.Errorf("deliver: %w", joined), "deliver: " + three + "\nand 4997 more"},
		"wrapped from outside": {wrapping{fmt.Errorf("deliver: %w", joined)}, "unavailable: deliver: " + three + "\nand 4997 more (safe to repeat)"},
		"joined of joined":     {errors.Join(joined, errors.New("b")), three + "\nand 4997 more\nb"},
		"two kinds in one":     {kinds, "post: not allowed: 403"},
		"one":                  {errors.Join(errors.New("a")), "a"},
		"of two lines":         {errors.New("a\nb\nc\nd\ne"), "a\nb\nc\nd\ne"},
	} {
		t.Run(name, func(t *testing.T) {
			line := invoke(t, slog.LevelInfo, func(ctx context.Context) error {
				telemetry.From(ctx).Fail("internal", c.err)
				return nil
			})
			if line["error"] != c.want {
				t.Errorf("error is %q, want %q", line["error"], c.want)
			}
		})
	}
}

func TestManyErrorsOfOneCodeAreCut(t *testing.T) {
	line := invoke(t, slog.LevelInfo, func(ctx context.Context) error {
		for _, err := range numbered(500) {
			telemetry.From(ctx).Fail("internal", err)
		}
		return nil
	})
	expectMembers(t, line, map[string]any{"Errors": 500.0})
	if text, _ := line["error"].(string); !strings.HasPrefix(text, "lost 1\n") || !strings.HasSuffix(text, "\nand 497 more") {
		t.Errorf("error is %q", text)
	}
}
