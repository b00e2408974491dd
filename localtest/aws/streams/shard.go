package streams

import (
	"context"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"serverlesschat/localtest/aws/wait"
)

const (
	// pageSize is the most that GetRecords returns (Amazon DynamoDB Streams API reference).
	pageSize = 1000
	// maxOpen is how many records of a shard may be read past the first that is not done with. A lane that is stuck
	// holds up the others only then.
	maxOpen = 20_000
)

// shard reads one shard, from a position to its end.
type shard struct {
	config  *Config
	filter  filter
	reader  *reader
	id      string
	lanes   []*lane
	changed func()        // called when the position has changed
	save    func() bool   // saves the position now
	room    chan struct{} // holds a token when records are done with
	log     *slog.Logger

	mu       sync.Mutex
	ledger   ledger
	at       string // see Position
	unset    bool   // reading began at LATEST and has found nothing yet: there is no position
	finished bool
}

// newShard makes a shard that goes on from a position; kind is where one with the zero Position begins.
func newShard(c *Config, f filter, id, kind string, from Position) *shard {
	s := &shard{config: c, filter: f, id: id, room: make(chan struct{}, 1), log: c.Log.With("shard", id)}
	begin := start{kind: kind}
	switch {
	case from.After != "":
		begin, s.ledger.after = start{afterSequenceNumber, from.After}, from.After
	case from.At != "":
		begin, s.at = start{atSequenceNumber, from.At}, from.At
	default:
		s.unset = kind == latest
	}
	s.reader = &reader{client: c.Client, stream: c.Stream.EngineARN, shard: id, start: begin, log: s.log}
	m := c.Mapping
	for range m.ParallelizationFactor {
		s.lanes = append(s.lanes, newLane(limits{records: m.BatchSize, bytes: maxPayload, window: m.MaximumBatchingWindow}))
	}
	return s
}

// position is how far the shard has come. There is none yet where reading from LATEST on has found nothing.
func (s *shard) position() (Position, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := Position{After: s.ledger.after, Finished: s.finished}
	if p.After == "" {
		p.At = s.at
	}
	return p, !s.unset || s.finished
}

// run returns when the shard has ended and all of it is done with, or ctx is over. It waits for the invocations that
// run.
func (s *shard) run(ctx context.Context) {
	var lanes sync.WaitGroup
	for _, l := range s.lanes {
		lanes.Go(func() { s.runLane(ctx, l) })
	}
	ended := s.read(ctx)
	for _, l := range s.lanes {
		l.close()
	}
	lanes.Wait()
	s.mu.Lock()
	s.finished = ended && s.ledger.unfinished() == 0
	s.mu.Unlock()
	s.changed()
}

func (s *shard) runLane(ctx context.Context, l *lane) {
	m := s.config.Mapping
	d := &delivery{mapping: m, shard: s.id, streamARN: s.config.Stream.ARN, invoke: s.config.Invoke,
		deadLetter: s.config.DeadLetter, finish: s.finish,
		backoff: backoff{s.config.RetryBase, s.config.RetryLimit}, log: s.log}
	lastEnd := time.Now()
	for batch := l.next(ctx, lastEnd); batch != nil; batch = l.next(ctx, lastEnd) {
		d.deliver(ctx, batch)
		lastEnd = time.Now()
	}
}

// read polls the shard until it ends (true) or ctx is over.
func (s *shard) read(ctx context.Context) (ended bool) {
	for s.awaitRoom(ctx) {
		began := time.Now()
		records, ended, err := s.reader.page(ctx)
		if err == nil {
			s.accept(ctx, records)
		}
		if ended {
			return true
		}
		if len(records) == pageSize {
			continue // there is more
		}
		wait.For(ctx, max(s.config.PollInterval-time.Since(began), s.reader.pause()))
	}
	return false
}

// awaitRoom waits while too many records are open. It returns false when ctx is over.
func (s *shard) awaitRoom(ctx context.Context) bool {
	for {
		s.mu.Lock()
		open := s.ledger.unfinished()
		s.mu.Unlock()
		if open < maxOpen {
			return ctx.Err() == nil
		}
		select {
		case <-s.room:
		case <-ctx.Done():
			return false
		}
	}
}

// accept enters records into the ledger and puts those that pass the filters into their lanes.
func (s *shard) accept(ctx context.Context, records []types.Record) {
	if len(records) == 0 || !s.settle(ctx, records[0]) {
		return
	}
	lanes := make([][]item, len(s.lanes))
	now := time.Now()
	for _, r := range records {
		item, passes := s.item(r, now)
		s.mu.Lock()
		item.ticket = s.ledger.enter(aws.ToString(r.Dynamodb.SequenceNumber))
		if !passes {
			s.ledger.finish(item.ticket)
		}
		s.mu.Unlock()
		if !passes {
			s.changed()
			continue
		}
		n := laneOf(r.Dynamodb.Keys[s.config.Stream.PartitionKey], len(lanes))
		lanes[n] = append(lanes[n], item)
	}
	for n, batch := range lanes {
		if len(batch) > 0 {
			s.lanes[n].add(batch)
		}
	}
}

// item makes what the function gets of a record, and reports whether it gets it.
func (s *shard) item(r types.Record, now time.Time) (item, bool) {
	number := aws.ToString(r.Dynamodb.SequenceNumber)
	event, err := s.config.Stream.event(s.id, r)
	if err != nil {
		s.log.Error("stream record left out", "number", number, "why", err)
		return item{}, false
	}
	return item{
		number:  pad(number),
		event:   event,
		arrived: arrival(aws.ToTime(r.Dynamodb.ApproximateCreationDateTime), now),
	}, s.filter.passes(event)
}

// settle saves where a shard begins that is read from LATEST on, before its first record is delivered: else a restart
// would begin at LATEST again, past it. It tries until it can, and returns false if ctx is over before.
func (s *shard) settle(ctx context.Context, first types.Record) bool {
	s.mu.Lock()
	unset := s.unset
	if unset {
		s.at, s.unset = aws.ToString(first.Dynamodb.SequenceNumber), false
	}
	s.mu.Unlock()
	for unset && !s.save() {
		if !wait.For(ctx, s.config.RetryBase) {
			return false
		}
	}
	return true
}

// finish is called with records that are done with.
func (s *shard) finish(items []item) {
	s.mu.Lock()
	for _, i := range items {
		s.ledger.finish(i.ticket)
	}
	s.mu.Unlock()
	signal(s.room)
	s.changed()
}

// laneOf chooses the lane by the value of the partition key.
func laneOf(key types.AttributeValue, lanes int) int {
	h := fnv.New32a()
	switch v := key.(type) {
	case *types.AttributeValueMemberS:
		h.Write([]byte(v.Value))
	case *types.AttributeValueMemberN:
		h.Write([]byte(v.Value))
	case *types.AttributeValueMemberB:
		h.Write(v.Value)
	}
	return int(h.Sum32() % uint32(lanes))
}

// arrival returns when a record was written, as far as that is known. Where times are cut to minutes, a record of a
// full minute was written in that minute, and before it was read.
func arrival(created, read time.Time) time.Time {
	if created.IsZero() {
		return read
	}
	if created.Truncate(time.Minute).Equal(created) {
		if end := created.Add(time.Minute); end.Before(read) {
			return end
		}
		return read
	}
	return created
}
