package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"serverlesschat/internal/telemetry"
)

func start() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// ticking returns a clock that begins at start and goes on by 1.5 ms each time it is read.
func ticking() func() time.Time {
	var mu sync.Mutex
	next := start()
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now := next
		next = next.Add(1500 * time.Microsecond)
		return now
	}
}

func source() telemetry.Source {
	return telemetry.Source{Function: "sendmessage", Namespace: "Chat/chat-dev"}
}

// invoke runs one invocation that does what h does, at a log level, and returns its line, which must be the only one.
func invoke(t *testing.T, level slog.Level, h func(context.Context) error) map[string]any {
	t.Helper()
	all := lines(t, level, h)
	if len(all) != 1 {
		t.Fatalf("%d lines, want 1: %v", len(all), all)
	}
	return all[0]
}

// lines runs one invocation that does what h does, at a log level, and returns its lines.
func lines(t *testing.T, level slog.Level, h func(context.Context) error) (all []map[string]any) {
	t.Helper()
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: level}))
	observed := telemetry.Observed(log, source(), ticking(), func(ctx context.Context, _ string) (string, error) {
		return "reply", h(ctx)
	})
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "8f5c"})
	_, _ = observed(ctx, "event")
	for data := range bytes.Lines(out.Bytes()) {
		if err := validateEMF(data); err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		var line map[string]any
		if err := json.Unmarshal(data, &line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	return all
}

// The limits of "Specification: Embedded metric format", Amazon CloudWatch User Guide.
const (
	maxEvent      = 256 << 10
	maxMetrics    = 100
	maxDimensions = 30
	maxValues     = 100
	maxName       = 1024
)

// validateEMF checks one line against that specification.
func validateEMF(data []byte) error {
	if len(data) > maxEvent {
		return fmt.Errorf("the line has %d bytes", len(data))
	}
	if err := uniqueMembers(data); err != nil {
		return err
	}
	var line map[string]any
	if err := json.Unmarshal(data, &line); err != nil {
		return err
	}
	var metadata struct {
		AWS *struct {
			Timestamp         *int64
			CloudWatchMetrics []directive
		} `json:"_aws"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&metadata); err != nil {
		return err
	}
	if metadata.AWS == nil || metadata.AWS.Timestamp == nil || *metadata.AWS.Timestamp < 1e12 {
		return errors.New("_aws with a Timestamp in milliseconds is missing")
	}
	if len(metadata.AWS.CloudWatchMetrics) == 0 {
		return errors.New("there is no metric directive")
	}
	for _, d := range metadata.AWS.CloudWatchMetrics {
		if err := d.validate(line); err != nil {
			return err
		}
	}
	return nil
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []struct{ Name, Unit string }
}

func (d directive) validate(line map[string]any) error {
	switch {
	case d.Namespace != source().Namespace:
		return fmt.Errorf("namespace %q is not the stack's", d.Namespace)
	case !regexp.MustCompile(`^[\w./#:-]{1,255}$`).MatchString(d.Namespace) || strings.HasPrefix(d.Namespace, "AWS/"):
		return fmt.Errorf("namespace %q", d.Namespace)
	case len(d.Dimensions) == 0:
		return errors.New("there is no set of dimensions")
	case len(d.Metrics) == 0 || len(d.Metrics) > maxMetrics:
		return fmt.Errorf("%d metrics in a directive", len(d.Metrics))
	}
	for _, set := range d.Dimensions {
		if len(set) > maxDimensions {
			return fmt.Errorf("%d dimensions in a set", len(set))
		}
		for _, name := range set {
			if value, ok := line[name].(string); !ok || value == "" || len(value) > maxName {
				return fmt.Errorf("the dimension %s is not told by a text: %v", name, line[name])
			}
		}
	}
	for _, m := range d.Metrics {
		if m.Name == "" || len(m.Name) > maxName || !slices.Contains([]string{"Count", "Milliseconds"}, m.Unit) {
			return fmt.Errorf("metric %q in %q", m.Name, m.Unit)
		}
		if err := validateTarget(line[m.Name]); err != nil {
			return fmt.Errorf("metric %s: %w", m.Name, err)
		}
	}
	return nil
}

func validateTarget(target any) error {
	values, ok := target.([]any)
	if !ok {
		values = []any{target}
	}
	if len(values) == 0 || len(values) > maxValues {
		return fmt.Errorf("%d values", len(values))
	}
	for _, v := range values {
		if n, ok := v.(float64); !ok || math.Abs(n) > math.Exp2(360) {
			return fmt.Errorf("value %v", v)
		}
	}
	return nil
}

// uniqueMembers reports a member of the outermost object that comes twice.
func uniqueMembers(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		if seen[name.(string)] {
			return fmt.Errorf("the member %s comes twice", name)
		}
		seen[name.(string)] = true
		if err := decoder.Decode(new(json.RawMessage)); err != nil {
			return err
		}
	}
	return nil
}

// metrics returns, of a line, the unit of each metric under the one dimension.
func metrics(t *testing.T, line map[string]any, dimension string) map[string]string {
	t.Helper()
	data, err := json.Marshal(line["_aws"])
	if err != nil {
		t.Fatal(err)
	}
	var aws struct{ CloudWatchMetrics []directive }
	if err := json.Unmarshal(data, &aws); err != nil {
		t.Fatal(err)
	}
	units := map[string]string{}
	for _, d := range aws.CloudWatchMetrics {
		if slices.Equal(d.Dimensions[0], []string{dimension}) {
			for _, m := range d.Metrics {
				units[m.Name] = m.Unit
			}
		}
	}
	return units
}

func expectMembers(t *testing.T, line map[string]any, want map[string]any) {
	t.Helper()
	for name, value := range want {
		if line[name] != value {
			t.Errorf("%s is %v, want %v", name, line[name], value)
		}
	}
}

func TestLineOfAnInvocation(t *testing.T) {
	line := invoke(t, slog.LevelInfo, func(ctx context.Context) error {
		r := telemetry.From(ctx)
		r.Label("action", "sendMessage")
		r.Label("room", "general")
		r.Add(telemetry.WriteUnits, 3)
		r.Add(telemetry.WriteUnits, 0.5)
		r.Sample(telemetry.PushLatency, 1234*time.Microsecond)
		return nil
	})
	expectMembers(t, line, map[string]any{
		"msg": "invocation", "level": "INFO", "function": "sendmessage", "request_id": "8f5c", "duration_ms": 1.5,
		"outcome": "ok", "action": "sendMessage", "room": "general", "Invocations": 1.0, "WriteUnits": 3.5,
	})
	if samples, _ := line["PushLatency"].([]any); len(samples) != 1 || samples[0] != 1.234 {
		t.Errorf("PushLatency is %v", line["PushLatency"])
	}
	units := metrics(t, line, "function")
	for name, unit := range map[string]string{"Invocations": "Count", "WriteUnits": "Count", "PushLatency": "Milliseconds"} {
		if units[name] != unit {
			t.Errorf("%s is in %q, want %q", name, units[name], unit)
		}
	}
	if len(units) != 3 {
		t.Errorf("metrics by function: %v", units)
	}
}

func TestErrorsAreCountedByCode(t *testing.T) {
	for name, c := range map[string]struct {
		fail    func(context.Context) error
		outcome string
		level   string
	}{
		"a client's mistake": {func(ctx context.Context) error {
			telemetry.From(ctx).Fail("invalid", errors.New("room_id is missing"))
			return nil
		}, "invalid", "INFO"},
		"a defect of ours": {func(ctx context.Context) error {
			telemetry.From(ctx).Fail("internal", errors.New("room_id is missing"))
			return nil
		}, "internal", "ERROR"},
		"a store that fails": {func(ctx context.Context) error {
			telemetry.From(ctx).Fail("unavailable", errors.New("room_id is missing"))
			return nil
		}, "unavailable", "ERROR"},
		"an error for Lambda": {func(context.Context) error { return errors.New("room_id is missing") }, "failed", "ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			line := invoke(t, slog.LevelInfo, c.fail)
			expectMembers(t, line, map[string]any{
				"outcome": c.outcome, "level": c.level, "error": "room_id is missing", "Errors": 1.0,
			})
			if units := metrics(t, line, "outcome"); units["Errors"] != "Count" || len(units) != 1 {
				t.Errorf("metrics by outcome: %v", units)
			}
			if units := metrics(t, line, "function"); units["Errors"] != "" || units["Invocations"] != "Count" {
				t.Errorf("metrics by function: %v", units)
			}
		})
	}
}

// The level is for what people read; metrics would be wrong without the line.
func TestLineIsWrittenAtEveryLevel(t *testing.T) {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelWarn, slog.LevelError} {
		line := invoke(t, level, func(context.Context) error { return nil })
		expectMembers(t, line, map[string]any{"Invocations": 1.0})
	}
}

func TestOnlyTheLargestSamplesAreKept(t *testing.T) {
	line := invoke(t, slog.LevelInfo, func(ctx context.Context) error {
		for i := range 250 {
			// 0, 100, 200, 1, 101, 201 …
			telemetry.From(ctx).Sample(telemetry.PushLatency, time.Duration(i%3*100+i/3)*time.Millisecond)
		}
		return nil
	})
	samples, _ := line["PushLatency"].([]any)
	if len(samples) != 100 {
		t.Fatalf("%d samples, want 100", len(samples))
	}
	slices.SortFunc(samples, func(a, b any) int { return int(a.(float64) - b.(float64)) })
	if samples[0] != 166.0 || samples[99] != 282.0 {
		t.Errorf("samples from %v to %v, want the 100 largest: from 166 to 282", samples[0], samples[99])
	}
}

func TestALabelThatComesTwiceIsOneMember(t *testing.T) {
	line := invoke(t, slog.LevelInfo, func(ctx context.Context) error {
		telemetry.From(ctx).Label("room", "a")
		telemetry.From(ctx).Label("room", "b")
		return nil
	})
	expectMembers(t, line, map[string]any{"room": "a b"})
}

func TestRecordIsSafeForConcurrentUse(t *testing.T) {
	line := invoke(t, slog.LevelInfo, func(ctx context.Context) error {
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				r := telemetry.From(ctx)
				r.Add(telemetry.Posts, 1)
				r.Sample(telemetry.PushLatency, time.Millisecond)
				r.Label("room", "a")
				r.Fail("internal", errors.New("x"))
			})
		}
		wg.Wait()
		return nil
	})
	expectMembers(t, line, map[string]any{"Posts": 50.0, "Errors": 50.0})
}

func TestInvocationsDoNotShareARecord(t *testing.T) {
	for range 2 {
		line := invoke(t, slog.LevelInfo, func(ctx context.Context) error {
			telemetry.From(ctx).Add(telemetry.Messages, 1)
			return nil
		})
		expectMembers(t, line, map[string]any{"Messages": 1.0, "Invocations": 1.0})
	}
}

func TestOutsideOfAnInvocationNothingHappens(t *testing.T) {
	r := telemetry.From(t.Context())
	r.Add(telemetry.Messages, 1)
	r.Label("a", "b")
	r.Sample(telemetry.PushLatency, time.Second)
	r.Fail("internal", nil)
}

func TestReplyAndErrorPassThrough(t *testing.T) {
	want := errors.New("no")
	log := slog.New(slog.DiscardHandler)
	observed := telemetry.Observed(log, source(), ticking(), func(_ context.Context, in int) (int, error) { return in + 1, want })
	if out, err := observed(t.Context(), 1); out != 2 || err != want {
		t.Errorf("got %d, %v", out, err)
	}
}
