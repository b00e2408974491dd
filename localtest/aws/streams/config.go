package streams

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
)

// Client is the part of *dynamodbstreams.Client that is used.
type Client interface {
	DescribeStream(context.Context, *dynamodbstreams.DescribeStreamInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.DescribeStreamOutput, error)
	GetShardIterator(context.Context, *dynamodbstreams.GetShardIteratorInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetShardIteratorOutput, error)
	GetRecords(context.Context, *dynamodbstreams.GetRecordsInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetRecordsOutput, error)
}

// InvokeFunc invokes a function with an event and waits for its answer. An error means that the function was not run,
// or that nobody knows: throttled, unknown, shutting down. A failure of the function itself is Response.FunctionError.
type InvokeFunc func(ctx context.Context, function, source string, payload []byte) (Response, error)

// Response is a function's answer.
type Response struct {
	Payload       []byte
	FunctionError string // empty, or "Unhandled"
	RequestID     string // for dead letters; may be empty
}

// Source is what InvokeFunc gets as the source of an invocation.
const Source = "stream"

// Stream says what is read.
type Stream struct {
	// EngineARN is the stream's name in the engine (DescribeTable's LatestStreamArn), ARN the one that functions and
	// dead letters see.
	EngineARN, ARN string
	Region         string
	// PartitionKey is the name of the table's partition key.
	PartitionKey string
}

// Mapping has the parameters of an event source mapping, under AWS's names and with AWS's ranges.
type Mapping struct {
	// Function is what InvokeFunc gets, FunctionARN what dead letters show.
	Function, FunctionARN   string
	StartingPosition        string        // TRIM_HORIZON or LATEST; for shards without a checkpoint
	BatchSize               int           // records; 0 means 100
	MaximumBatchingWindow   time.Duration // 0: invoke at once
	ParallelizationFactor   int           // batches of one shard at a time; 0 means 1
	MaximumRetryAttempts    int           // after the first; -1: no limit
	MaximumRecordAge        time.Duration // -1 (or 0): no limit
	Bisect                  bool          // BisectBatchOnFunctionError
	ReportBatchItemFailures bool
	Filters                 []string // patterns, as JSON; a record that matches one passes
}

// Config is what a Poller works with. Stream, Mapping, Client, Invoke and Checkpoints are needed.
type Config struct {
	Stream      Stream
	Mapping     Mapping
	Client      Client
	Invoke      InvokeFunc
	Checkpoints CheckpointStore
	// DeadLetter sends a letter, which is JSON, about records that were given up. nil: no destination.
	DeadLetter func(letter []byte) error
	// PollInterval is the time between two reads of a shard; 0 means AWS's 250 ms.
	PollInterval time.Duration
	// RetryBase and RetryLimit are the first and the longest pause between two attempts; 0 means 200 ms and 10 s.
	RetryBase, RetryLimit time.Duration
	// Log gets failures and retries, never records. Nil: dropped.
	Log *slog.Logger
}

// AWS's defaults and limits (Lambda Developer Guide, "Lambda parameters for Amazon DynamoDB event source mappings").
const (
	awsPollInterval  = 250 * time.Millisecond
	defaultBatchSize = 100
	maxBatchSize     = 10_000
	maxParallel      = 10
	maxRetries       = 10_000
	maxWindow        = 300 * time.Second
	minAge, maxAge   = 60 * time.Second, 604_800 * time.Second
	maxPayload       = 6 << 20 // bytes of a synchronous invocation's event
	maxFilters       = 10
)

func (c *Config) setDefaults() {
	m := &c.Mapping
	m.BatchSize = cmp.Or(m.BatchSize, defaultBatchSize)
	m.ParallelizationFactor = cmp.Or(m.ParallelizationFactor, 1)
	m.MaximumRecordAge = cmp.Or(m.MaximumRecordAge, -1)
	c.PollInterval = cmp.Or(c.PollInterval, awsPollInterval)
	c.RetryBase = cmp.Or(c.RetryBase, 200*time.Millisecond)
	c.RetryLimit = cmp.Or(c.RetryLimit, 10*time.Second)
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
}

// validate names all that is wrong.
func (c *Config) validate() error {
	m := c.Mapping
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.Stream.EngineARN != "" && c.Stream.ARN != "" && c.Stream.PartitionKey != "", "the stream's names and partition key are needed")
	check(c.Client != nil && c.Invoke != nil && c.Checkpoints != nil, "a client, an invoker and checkpoints are needed")
	check(m.Function != "", "Function is needed")
	check(m.StartingPosition == trimHorizon || m.StartingPosition == latest,
		"StartingPosition is %q, not TRIM_HORIZON or LATEST", m.StartingPosition)
	check(m.BatchSize >= 1 && m.BatchSize <= maxBatchSize, "BatchSize is %d, not 1 to %d", m.BatchSize, maxBatchSize)
	check(m.ParallelizationFactor >= 1 && m.ParallelizationFactor <= maxParallel,
		"ParallelizationFactor is %d, not 1 to %d", m.ParallelizationFactor, maxParallel)
	check(m.MaximumBatchingWindow >= 0 && m.MaximumBatchingWindow <= maxWindow,
		"MaximumBatchingWindow is %s, not 0 to %s", m.MaximumBatchingWindow, maxWindow)
	check(m.MaximumRetryAttempts >= -1 && m.MaximumRetryAttempts <= maxRetries,
		"MaximumRetryAttempts is %d, not -1 to %d", m.MaximumRetryAttempts, maxRetries)
	check(m.MaximumRecordAge < 0 || m.MaximumRecordAge >= minAge && m.MaximumRecordAge <= maxAge,
		"MaximumRecordAge is %s, not %s to %s, nor -1", m.MaximumRecordAge, minAge, maxAge)
	check(len(m.Filters) <= maxFilters, "%d filters, at most %d are allowed", len(m.Filters), maxFilters)
	check(c.PollInterval > 0 && c.RetryBase > 0 && c.RetryLimit >= c.RetryBase, "an interval is negative, or RetryLimit below RetryBase")
	return errors.Join(errs...)
}
