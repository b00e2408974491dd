package queues

import (
	"context"
	"errors"
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

// Mapping has the parameters of an event source mapping, under AWS's names and with AWS's ranges.
type Mapping struct {
	// Function is what InvokeFunc gets, FunctionARN what logs show.
	Function, FunctionARN   string
	QueueARN                string
	BatchSize               int           // messages, 1 to 10,000; 0 means 10; above 10 a window is needed
	MaximumBatchingWindow   time.Duration // 0 to 300 s; 0: invoke at once
	MaximumConcurrency      int           // 2 to 1,000; 0: no limit is set
	ReportBatchItemFailures bool
	FunctionTimeout         time.Duration // at most the queue's visibility timeout
}

// Poller is an event source mapping.
type Poller struct{}

// NewPoller checks the mapping; the error names all that is wrong with it.
func (s *Service) NewPoller(m Mapping, invoke InvokeFunc) (*Poller, error) {
	return nil, errors.ErrUnsupported
}

// Run invokes the function with the queue's messages until ctx is over, then waits for invocations that run. It is called
// once.
func (p *Poller) Run(ctx context.Context) {}
