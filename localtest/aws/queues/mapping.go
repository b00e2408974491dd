package queues

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// InvokeFunc invokes a function with an event and waits for its answer. An error means that the function was not run,
// or that nobody knows: throttled, unknown, shutting down. A failure of the function itself is Response.FunctionError.
type InvokeFunc func(ctx context.Context, function, source string, payload []byte) (Response, error)

// Response is a function's answer.
type Response struct {
	Payload       []byte
	FunctionError string // empty, or "Unhandled"
}

// Source is what InvokeFunc gets as the source of an invocation.
const Source = "queue"

// Mapping has the parameters of an event source mapping, under AWS's names and with AWS's ranges. Filters are not known
// here.
type Mapping struct {
	// Function is what InvokeFunc gets, FunctionARN what logs show.
	Function, FunctionARN   string
	QueueARN                string
	BatchSize               int           // messages, 1 to 10,000; 0 means 10. More than 10 need a window
	MaximumBatchingWindow   time.Duration // whole seconds, up to 300; 0: invoke at once
	MaximumConcurrency      int           // of ScalingConfig, 2 to 1,000; 0: 1,000, in AWS's steps
	ReportBatchItemFailures bool
	// FunctionTimeout is at most the queue's visibility timeout; 0 means Lambda's default of 3 s.
	FunctionTimeout time.Duration
}

// AWS's defaults and limits (Lambda Developer Guide, "Lambda parameters for Amazon SQS event source mappings" and
// "Configuring scaling behavior for SQS event source mappings").
const (
	defaultBatchSize   = 10
	maxBatchSize       = 10_000
	maxUnwindowedBatch = 10
	maxWindow          = 300 * time.Second
	minConcurrency     = 2
	maxConcurrency     = 1000
	defaultTimeout     = 3 * time.Second
	maxPayload         = 6 << 20 // bytes of a synchronous invocation's event
)

func (m *Mapping) setDefaults() {
	m.BatchSize = cmp.Or(m.BatchSize, defaultBatchSize)
	m.FunctionTimeout = cmp.Or(m.FunctionTimeout, defaultTimeout)
}

// validate names all that is wrong. q is nil if there is no such queue.
func (m *Mapping) validate(q *queue) error {
	var p problems
	p.check(m.Function != "", "Function is needed")
	p.check(q != nil, "there is no queue %s", m.QueueARN)
	p.check(m.BatchSize >= 1 && m.BatchSize <= maxBatchSize, "BatchSize is %d, not 1 to %d", m.BatchSize, maxBatchSize)
	p.within("MaximumBatchingWindow", m.MaximumBatchingWindow, 0, maxWindow)
	p.check(m.BatchSize <= maxUnwindowedBatch || m.MaximumBatchingWindow >= time.Second,
		"a BatchSize above %d needs a MaximumBatchingWindow of 1s or more", maxUnwindowedBatch)
	n := m.MaximumConcurrency
	p.check(n == 0 || n >= minConcurrency && n <= maxConcurrency,
		"MaximumConcurrency is %d, not %d to %d", n, minConcurrency, maxConcurrency)
	if q != nil {
		// AWS's own words.
		p.check(m.FunctionTimeout <= q.VisibilityTimeout,
			"Queue visibility timeout: %d seconds is less than Function timeout: %d seconds",
			seconds(q.VisibilityTimeout), seconds(m.FunctionTimeout))
	}
	return errors.Join(p...)
}

// NewPoller checks the mapping; the error names all that is wrong with it.
func (s *Service) NewPoller(m Mapping, invoke InvokeFunc) (*Poller, error) {
	m.setDefaults()
	q := s.queues[m.QueueARN]
	err := m.validate(q)
	if invoke == nil {
		err = errors.Join(err, errors.New("an invoker is needed"))
	}
	if err != nil {
		return nil, fmt.Errorf("queue mapping of %s: %w", m.Function, err)
	}
	return &Poller{service: s, queue: q, mapping: m, invoke: invoke, batches: newConcurrency(m.MaximumConcurrency)}, nil
}
