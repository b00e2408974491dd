package streams

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// Where reading can start (Amazon DynamoDB Streams API reference, GetShardIterator).
const (
	trimHorizon         = "TRIM_HORIZON"
	latest              = "LATEST"
	afterSequenceNumber = "AFTER_SEQUENCE_NUMBER"
	atSequenceNumber    = "AT_SEQUENCE_NUMBER"
)

// start is a place in a shard to read from.
type start struct{ kind, number string }

// reader reads a shard page by page.
type reader struct {
	client        Client
	stream, shard string
	start         start // of the next iterator
	iterator      *string
	failures      int // in a row
	log           *slog.Logger
}

// readerBackoff is for engines that do not answer, as while one is started again.
var readerBackoff = backoff{base: 50 * time.Millisecond, limit: 2 * time.Second}

// page returns the next records, none if there are none yet. ended says that there will never be more: the shard is
// read to its end, or no longer kept. After an error the same page can be asked for again.
func (r *reader) page(ctx context.Context) (records []types.Record, ended bool, err error) {
	records, ended, err = r.get(ctx)
	var gone *types.ResourceNotFoundException
	switch {
	case errors.As(err, &gone):
		r.log.Warn("stream shard is no longer kept", "why", err)
		return nil, true, nil
	case err != nil && ctx.Err() == nil:
		r.failed(err)
	case err == nil && r.failures > 0:
		r.log.Info("stream is readable again", "failures", r.failures)
		r.failures = 0
	}
	return records, ended, err
}

func (r *reader) get(ctx context.Context) (records []types.Record, ended bool, err error) {
	if r.iterator == nil {
		if r.iterator, err = r.iterate(ctx); err != nil {
			return nil, false, err
		}
	}
	out, err := r.client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: r.iterator, Limit: aws.Int32(pageSize)})
	var expired *types.ExpiredIteratorException
	var trimmed *types.TrimmedDataAccessException
	switch {
	case errors.As(err, &expired):
		r.iterator = nil
		return nil, false, err
	case errors.As(err, &trimmed):
		r.iterator, r.start = nil, start{kind: trimHorizon}
		return nil, false, err
	case err != nil:
		return nil, false, err
	}
	r.iterator = out.NextShardIterator
	if n := len(out.Records); n > 0 {
		r.start = start{afterSequenceNumber, aws.ToString(out.Records[n-1].Dynamodb.SequenceNumber)}
	}
	return out.Records, out.NextShardIterator == nil, nil
}

// iterate asks for an iterator. A place that is no longer kept, or, in DynamoDB Local, LATEST in a shard without
// records, becomes the oldest that is.
func (r *reader) iterate(ctx context.Context) (*string, error) {
	for {
		in := &dynamodbstreams.GetShardIteratorInput{StreamArn: &r.stream, ShardId: &r.shard,
			ShardIteratorType: types.ShardIteratorType(r.start.kind)}
		if r.start.number != "" {
			in.SequenceNumber = &r.start.number
		}
		out, err := r.client.GetShardIterator(ctx, in)
		var trimmed *types.TrimmedDataAccessException
		if errors.As(err, &trimmed) && r.start.kind != trimHorizon {
			r.log.Info("stream position is no longer kept, starting at the oldest record", "position", r.start.number)
			r.start = start{kind: trimHorizon}
			continue
		}
		if err != nil {
			return nil, err
		}
		return out.ShardIterator, nil
	}
}

// failed says so at the first failure in a row.
func (r *reader) failed(err error) {
	if r.failures == 0 {
		r.log.Warn("stream can't be read, trying again", "why", err)
	}
	r.failures++
}

// pause is how long to wait after failures before the next try.
func (r *reader) pause() time.Duration {
	if r.failures == 0 {
		return 0
	}
	return readerBackoff.pause(r.failures)
}
