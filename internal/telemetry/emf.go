package telemetry

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// Source says whose lines they are.
type Source struct {
	Function  string
	Namespace string // of the metrics in CloudWatch; one for each stack, so that no stack raises another one's alarms
}

// Handler is what Lambda runs.
type Handler[In, Out any] func(context.Context, In) (Out, error)

// Observed runs h with a Record in its context and writes the record's line when it ends. now returns the time.
func Observed[In, Out any](log *slog.Logger, source Source, now func() time.Time, h Handler[In, Out]) Handler[In, Out] {
	return func(ctx context.Context, in In) (Out, error) {
		start := now()
		r := newRecord()
		r.Add(Invocations, 1)
		out, err := h(context.WithValue(ctx, recordKey{}, r), in)
		if err != nil {
			r.Fail(codeFailed, err)
		}
		r.write(ctx, log, source, start, now())
		return out, err
	}
}

// write writes the invocation's line. When requests of one invocation failed with different codes, the line tells of the
// worst code and each other code has a line of its own: in a line of the Embedded Metric Format a dimension has one value.
func (r *Record) write(ctx context.Context, log *slog.Logger, source Source, start, end time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fails := worstFirst(r.fails)
	first, others := failure{code: codeOK}, fails
	if len(fails) > 0 {
		first, others = fails[0], fails[1:]
	}
	named := []slog.Attr{slog.String("function", source.Function), slog.String("request_id", requestID(ctx))}
	attrs := append(slices.Clone(named), slog.Float64("duration_ms", float64(end.Sub(start).Microseconds())/1000))
	attrs = append(attrs, first.attrs()...)
	attrs = append(attrs, r.labels...)
	for _, m := range slices.Sorted(maps.Keys(r.counts)) {
		attrs = append(attrs, slog.Float64(string(m), r.counts[m]))
	}
	for m, samples := range r.samples {
		attrs = append(attrs, slog.Any(string(m), samples))
	}
	directives := append([]emfDirective{r.directive(source)}, first.directives(source)...)
	emit(ctx, log, first.level(), "invocation", end, append(attrs, slog.Any("_aws", emf{end.UnixMilli(), directives})))
	for _, f := range others {
		attrs := append(slices.Clone(named), f.attrs()...)
		emit(ctx, log, f.level(), "errors", end, append(attrs, slog.Any("_aws", emf{end.UnixMilli(), f.directives(source)})))
	}
}

// emit writes a line whatever the log's level is: without it there would be no metrics.
func emit(ctx context.Context, log *slog.Logger, level slog.Level, message string, at time.Time, attrs []slog.Attr) {
	line := slog.NewRecord(at, level, message, 0)
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

func (r *Record) directive(source Source) emfDirective {
	var metrics []emfMetric
	for _, m := range slices.Sorted(maps.Keys(r.counts)) {
		metrics = append(metrics, emfMetric{m, "Count"})
	}
	for _, m := range slices.Sorted(maps.Keys(r.samples)) {
		metrics = append(metrics, emfMetric{m, "Milliseconds"})
	}
	return emfDirective{source.Namespace, [][]string{{"function"}}, metrics}
}
