package telemetry

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// Namespace is that of the metrics.
const Namespace = "Chat"

// Handler is what Lambda runs.
type Handler[In, Out any] func(context.Context, In) (Out, error)

// Observed runs h with a Record in its context and writes the record's line when it ends. now gives the time.
func Observed[In, Out any](log *slog.Logger, function string, now func() time.Time, h Handler[In, Out]) Handler[In, Out] {
	return func(ctx context.Context, in In) (Out, error) {
		start := now()
		r := newRecord()
		r.Add(Invocations, 1)
		out, err := h(context.WithValue(ctx, recordKey{}, r), in)
		if err != nil {
			r.Fail("failed", err)
		}
		r.write(ctx, log, function, start, now())
		return out, err
	}
}

func (r *Record) write(ctx context.Context, log *slog.Logger, function string, start, end time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	level, outcome := slog.LevelInfo, "ok"
	if r.code != "" {
		outcome = r.code
	}
	attrs := []slog.Attr{
		slog.String("function", function),
		slog.String("request_id", requestID(ctx)),
		slog.Float64("duration_ms", float64(end.Sub(start).Microseconds())/1000),
		slog.String("outcome", outcome),
	}
	if r.cause != nil {
		if r.code == "internal" || r.code == "failed" {
			level = slog.LevelError
		}
		attrs = append(attrs, slog.String("error", r.cause.Error()))
	}
	attrs = append(attrs, r.labels...)
	for _, m := range slices.Sorted(maps.Keys(r.counts)) {
		attrs = append(attrs, slog.Float64(string(m), r.counts[m]))
	}
	for m, samples := range r.samples {
		attrs = append(attrs, slog.Any(string(m), samples))
	}
	attrs = append(attrs, slog.Any("_aws", r.directive(end)))
	// Whatever the log's level is: without this line there would be no metrics.
	line := slog.NewRecord(end, level, "invocation", 0)
	line.AddAttrs(attrs...)
	_ = log.Handler().Handle(ctx, line)
}

func requestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}

// The Embedded Metric Format: the member _aws says which other members of the line are metrics, and by which members
// they are told apart. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
type (
	emf struct {
		Timestamp int64          `json:"Timestamp"`
		Metrics   []emfDirective `json:"CloudWatchMetrics"`
	}
	emfDirective struct {
		Namespace  string      `json:"Namespace"`
		Dimensions [][]string  `json:"Dimensions"`
		Metrics    []emfMetric `json:"Metrics"`
	}
	emfMetric struct {
		Name Metric `json:"Name"`
		Unit string `json:"Unit"`
	}
)

func (r *Record) directive(now time.Time) emf {
	var metrics []emfMetric
	for _, m := range slices.Sorted(maps.Keys(r.counts)) {
		if m != Errors {
			metrics = append(metrics, emfMetric{m, "Count"})
		}
	}
	for _, m := range slices.Sorted(maps.Keys(r.samples)) {
		metrics = append(metrics, emfMetric{m, "Milliseconds"})
	}
	directives := []emfDirective{{Namespace, [][]string{{"function"}}, metrics}}
	if r.counts[Errors] > 0 {
		directives = append(directives, emfDirective{Namespace, [][]string{{"outcome"}}, []emfMetric{{Errors, "Count"}}})
	}
	return emf{Timestamp: now.UnixMilli(), Metrics: directives}
}
