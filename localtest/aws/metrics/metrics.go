// Package metrics makes Prometheus metrics of log lines in CloudWatch's embedded metric format (EMF).
//
// The format is read as the Amazon CloudWatch User Guide defines it ("Specification: Embedded metric format"). What
// CloudWatch would refuse is refused here, too. It is counted by reason, and logged once for each reason, since on AWS
// such metrics are just missing.
//
//	EMF                       Prometheus
//	namespace Chat, DeliveryLatency, unit Milliseconds   chat_delivery_latency_milliseconds
//	dimensions                labels; each dimension set is a series of its own
//	unit Count                counter NAME_total, the sum of the values
//	Seconds, Milliseconds, Microseconds, Bytes           histogram NAME_UNIT
//	other units, None         summary NAME_UNIT (NAME for None), sum and count without quantiles
//
// Values stay in the unit they come in, so that the figures here are those of CloudWatch.
//
// Metrics that AWS services publish by themselves come from [Options], as gauges of that moment.
package metrics

import (
	"bytes"
	"cmp"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// DefaultMaxSeries is the number of series that are kept if Options name none.
const DefaultMaxSeries = 5000

// Options are the settings of a Registry.
type Options struct {
	// MaxSeries bounds the memory: further series are dropped and counted (default DefaultMaxSeries).
	MaxSeries int
	// Gauges, if given, is asked for the gauges whenever the metrics are. Names and dimensions are those of CloudWatch.
	Gauges func() []Gauge
	// Logger gets one line for each reason for which something was dropped (default: nothing is logged).
	Logger *slog.Logger
}

// Gauge is a value of the moment, with one dimension.
type Gauge struct {
	Namespace, Name           string // such as "AWS/SQS", "ApproximateNumberOfMessagesVisible"
	Unit                      string // "Count", which the Prometheus name does not tell, or such as "Seconds"
	Dimension, DimensionValue string
	Value                     float64
}

// Registry adds up what lines say. It is safe for use by many goroutines.
type Registry struct {
	opts Options

	mu       sync.Mutex
	plans    plans
	families map[string]*family
	series   int
	lines    uint64
	dropped  map[reason]uint64
}

// reason says why a metric was dropped.
type reason string

const (
	invalid     reason = "invalid"      // CloudWatch would not take it
	negative    reason = "negative"     // a negative Count: Prometheus's counters only rise
	conflict    reason = "conflict"     // another metric has the same Prometheus name and another type
	seriesLimit reason = "series_limit" // over MaxSeries
)

// New returns an empty Registry.
func New(opts Options) *Registry {
	if opts.MaxSeries <= 0 {
		opts.MaxSeries = DefaultMaxSeries
	}
	opts.Logger = cmp.Or(opts.Logger, slog.New(slog.DiscardHandler))
	return &Registry{opts: opts, plans: plans{}, families: map[string]*family{}, dropped: map[reason]uint64{}}
}

// Line takes a log line. Lines that are not EMF are passed over quickly. The line is not kept.
func (r *Registry) Line(line []byte) {
	if !mayBeEMF(line) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	samples, err := r.plans.parse(line)
	if err != nil {
		r.drop(invalid, err.Error())
		return
	}
	if len(samples) == 0 {
		return
	}
	r.lines++
	for _, s := range samples {
		r.add(s)
	}
}

// drop counts what is dropped. The lock is held.
func (r *Registry) drop(why reason, detail string) {
	if r.dropped[why] == 0 {
		r.opts.Logger.Warn("metric dropped; more for this reason are only counted", "reason", string(why), "detail", detail)
	}
	r.dropped[why]++
}

// add adds the values of a sample to its series. The lock is held.
func (r *Registry) add(s sample) {
	if s.kind == counter && slices.Min(s.values) < 0 {
		r.drop(negative, s.name)
		return
	}
	f := r.families[s.name]
	if f != nil && f.kind != s.kind {
		r.drop(conflict, s.name)
		return
	}
	var got *series
	if f != nil {
		got = f.series[s.labels]
	}
	if got == nil {
		if r.series >= r.opts.MaxSeries {
			r.drop(seriesLimit, s.name)
			return
		}
		r.series++
		if f == nil {
			f = &family{kind: s.kind, help: s.help, bounds: s.bounds, series: map[string]*series{}}
			r.families[s.name] = f
		}
		got = &series{buckets: make([]uint64, len(f.bounds))}
		f.series[s.labels] = got
	}
	for _, v := range s.values {
		got.observe(v, f.bounds)
	}
}

// kind is a type of the Prometheus text format.
type kind string

const (
	counter   kind = "counter"
	gauge     kind = "gauge"
	histogram kind = "histogram"
	summary   kind = "summary"
)

// family is all series of a name.
type family struct {
	kind   kind
	help   string
	bounds []float64          // upper bounds of a histogram's buckets, rising
	series map[string]*series // by labels, as they are written: name="value",…
}

type series struct {
	sum     float64
	count   uint64
	buckets []uint64 // of each bucket alone
}

func (s *series) observe(v float64, bounds []float64) {
	s.sum += v
	s.count++
	if i, _ := slices.BinarySearch(bounds, v); i < len(bounds) {
		s.buckets[i]++
	}
}

// ServeHTTP serves the metrics in Prometheus's text exposition format, version 0.0.4.
func (r *Registry) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	var b bytes.Buffer
	r.write(&b)
	if r.opts.Gauges != nil {
		writeGauges(&b, r.opts.Gauges())
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = w.Write(b.Bytes())
}
