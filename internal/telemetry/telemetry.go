// Package telemetry records what one invocation of a function did and writes it as one JSON line: readable as a log,
// and as metrics in CloudWatch's Embedded Metric Format, from which CloudWatch makes metrics without another call.
// Nothing in it may hold a token or what users wrote.
package telemetry

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Metric names a number that an invocation reports.
type Metric string

// The metrics. Units are Count unless it says otherwise.
const (
	Invocations   Metric = "Invocations"
	Connections   Metric = "Connections"   // connections accepted
	Messages      Metric = "Messages"      // messages acknowledged, repeats too
	Deliveries    Metric = "Deliveries"    // entries times connections that got them
	Posts         Metric = "Posts"         // posts to the management API
	Gone          Metric = "Gone"          // subscriptions whose connection was gone
	Closed        Metric = "Closed"        // connections closed since they could not be reached
	Throttled     Metric = "Throttled"     // calls of the management API that it refused for its rate
	FailedPosts   Metric = "FailedPosts"   // calls of the management API that failed otherwise
	Queued        Metric = "Queued"        // rooms whose push was left to a job
	LeftToStream  Metric = "LeftToStream"  // rooms whose push a sender left to the stream, for a failure
	WriteUnits    Metric = "WriteUnits"    // write request units of DynamoDB
	ReadUnits     Metric = "ReadUnits"     // read request units of DynamoDB
	StoreTimeouts Metric = "StoreTimeouts" // calls of the store that its time ended, tries together
	Errors        Metric = "Errors"        // replies that were errors; by code
	PushLatency   Metric = "PushLatency"   // from an entry's creation to the end of its push; milliseconds
)

// maxSamples is how many values a metric may have in one line (CloudWatch, Embedded Metric Format specification).
const maxSamples = 100

// Record gathers what one invocation does. It is safe for concurrent use.
type Record struct {
	mu      sync.Mutex
	labels  []slog.Attr
	counts  map[Metric]float64 // all but Errors
	samples map[Metric][]float64
	fails   []failure // one for each code, in the order in which they came
}

type recordKey struct{}

// From returns the record of the invocation that ctx belongs to; outside of one, a record that nobody reads.
func From(ctx context.Context) *Record {
	if r, ok := ctx.Value(recordKey{}).(*Record); ok {
		return r
	}
	return newRecord()
}

func newRecord() *Record {
	return &Record{counts: map[Metric]float64{}, samples: map[Metric][]float64{}}
}

// Label adds a word to the line: room, action, connection_id. A second value of the same key is added to the first,
// since no member of the line may come twice.
func (r *Record) Label(key, value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, label := range r.labels {
		if label.Key == key {
			r.labels[i].Value = slog.StringValue(label.Value.String() + " " + value)
			return
		}
	}
	r.labels = append(r.labels, slog.String(key, value))
}

// Add adds n to a metric.
func (r *Record) Add(m Metric, n float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[m] += n
}

// Sample adds one measured duration to a metric. Beyond 100 in one invocation only the largest are kept.
func (r *Record) Sample(m Metric, d time.Duration) {
	value := float64(d.Microseconds()) / 1000
	r.mu.Lock()
	defer r.mu.Unlock()
	samples := r.samples[m]
	if len(samples) < maxSamples {
		r.samples[m] = append(samples, value)
		return
	}
	least := 0
	for i, s := range samples {
		if s < samples[least] {
			least = i
		}
	}
	samples[least] = max(samples[least], value)
}

// Recorded returns a context with a record of its own, for a caller that measures without an invocation, and a function
// that reads a counter of it.
func Recorded(ctx context.Context) (context.Context, func(Metric) float64) {
	r := newRecord()
	return context.WithValue(ctx, recordKey{}, r), func(m Metric) float64 {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.counts[m]
	}
}
