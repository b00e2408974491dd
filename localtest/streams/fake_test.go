package streams_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"serverlesschat/localtest/streams"
)

// fakeStream is a stream with what engines don't have at hand: several shards, splits, lost positions, failures.
type fakeStream struct {
	mu     sync.Mutex
	last   int
	age    int // of iterators; younger ones have higher numbers
	oldest int // that is still good
	shards []*fakeShard
	fail   func(call string) error // nil: nothing fails
	calls  map[string]int
}

type fakeShard struct {
	id, parent string
	closed     bool
	first      int // index of the first record that is still kept
	records    []types.Record
}

func newFakeStream() *fakeStream {
	return &fakeStream{calls: map[string]int{}, shards: []*fakeShard{{id: "shard-0"}}}
}

// put writes a record of a key and returns its sequence number, as functions see it.
func (f *fakeStream) put(shard, key string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	s := f.find(shard)
	s.records = append(s.records, types.Record{
		EventName: types.OperationTypeInsert,
		Dynamodb: &types.StreamRecord{
			ApproximateCreationDateTime: aws.Time(time.Now()),
			Keys:                        map[string]types.AttributeValue{"key": &types.AttributeValueMemberS{Value: key}},
			SequenceNumber:              aws.String(strconv.Itoa(f.last)),
			StreamViewType:              types.StreamViewTypeKeysOnly,
		},
	})
	return fmt.Sprintf("%021d", f.last)
}

// split closes a shard and opens others in its place.
func (f *fakeStream) split(shard string, children ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.find(shard).closed = true
	for _, id := range children {
		f.shards = append([]*fakeShard{{id: id, parent: shard}}, f.shards...) // in no helpful order
	}
}

// expire makes all iterators too old.
func (f *fakeStream) expire() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.oldest = f.age + 1
}

// iterator names a place in a shard.
func (s *fakeShard) iterator(at, age int) *string {
	return aws.String(fmt.Sprintf("%s/%d/%d", s.id, at, age))
}

// trim forgets the oldest records of a shard.
func (f *fakeStream) trim(shard string, records int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.find(shard).first += records
}

func (f *fakeStream) find(id string) *fakeShard {
	for _, s := range f.shards {
		if s.id == id {
			return s
		}
	}
	return nil
}

// enter counts a call and returns the failure it is to have.
func (f *fakeStream) enter(call string) error {
	f.calls[call]++
	if f.fail == nil {
		return nil
	}
	return f.fail(call)
}

// called is how often the call was made.
func (f *fakeStream) called(call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[call]
}

func (f *fakeStream) DescribeStream(_ context.Context, in *dynamodbstreams.DescribeStreamInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.DescribeStreamOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter("DescribeStream"); err != nil {
		return nil, err
	}
	// One shard a page.
	page, after := &types.StreamDescription{}, aws.ToString(in.ExclusiveStartShardId)
	for i, s := range f.shards {
		if after != "" {
			if s.id == after {
				after = ""
			}
			continue
		}
		shard := types.Shard{ShardId: &s.id, SequenceNumberRange: &types.SequenceNumberRange{EndingSequenceNumber: aws.String("1")}}
		if s.parent != "" {
			shard.ParentShardId = &s.parent
		}
		page.Shards = append(page.Shards, shard)
		if i < len(f.shards)-1 {
			page.LastEvaluatedShardId = &s.id
		}
		break
	}
	return &dynamodbstreams.DescribeStreamOutput{StreamDescription: page}, nil
}

func (f *fakeStream) GetShardIterator(_ context.Context, in *dynamodbstreams.GetShardIteratorInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetShardIteratorOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter("GetShardIterator"); err != nil {
		return nil, err
	}
	s := f.find(*in.ShardId)
	if s == nil {
		return nil, &types.ResourceNotFoundException{}
	}
	at := s.first
	switch in.ShardIteratorType {
	case types.ShardIteratorTypeLatest:
		at = len(s.records)
	case types.ShardIteratorTypeAfterSequenceNumber, types.ShardIteratorTypeAtSequenceNumber:
		at = -1
		for i, r := range s.records {
			if *r.Dynamodb.SequenceNumber == *in.SequenceNumber {
				at = i
			}
		}
		if at < s.first {
			return nil, &types.TrimmedDataAccessException{}
		}
		if in.ShardIteratorType == types.ShardIteratorTypeAfterSequenceNumber {
			at++
		}
	}
	f.age++
	return &dynamodbstreams.GetShardIteratorOutput{ShardIterator: s.iterator(at, f.age)}, nil
}

func (f *fakeStream) GetRecords(_ context.Context, in *dynamodbstreams.GetRecordsInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetRecordsOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter("GetRecords"); err != nil {
		return nil, err
	}
	place := strings.Split(*in.ShardIterator, "/")
	s := f.find(place[0])
	at, _ := strconv.Atoi(place[1])
	age, _ := strconv.Atoi(place[2])
	if age < f.oldest {
		return nil, &types.ExpiredIteratorException{}
	}
	end := min(len(s.records), at+int(*in.Limit))
	out := &dynamodbstreams.GetRecordsOutput{Records: s.records[at:end]}
	if end < len(s.records) || !s.closed {
		out.NextShardIterator = s.iterator(end, age)
	}
	return out, nil
}

// memory is a checkpoint store.
type memory struct {
	mu    sync.Mutex
	saved streams.Checkpoint
}

func (m *memory) Load() (streams.Checkpoint, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.saved, nil
}

func (m *memory) Save(c streams.Checkpoint) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saved = c
	return nil
}

// letters keeps dead letters.
type letters struct {
	mu    sync.Mutex
	lines []string
}

func (l *letters) add(line []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(line))
	return nil
}

// attempt is one invocation, as the function saw it.
type attempt struct {
	at      time.Duration // since the function was made
	numbers []string
	keys    []string
}

// function records its invocations and answers as it is told.
type function struct {
	made   time.Time
	answer func(n int, a attempt) (streams.Response, error) // n from 0; nil: success

	mu       sync.Mutex
	attempts []attempt
	done     []string // numbers that were answered with success, in that order
}

func newFunction(answer func(n int, a attempt) (streams.Response, error)) *function {
	return &function{made: time.Now(), answer: answer}
}

func (f *function) invoke(_ context.Context, _, _ string, payload []byte) (streams.Response, error) {
	var e events.DynamoDBEvent
	if err := json.Unmarshal(payload, &e); err != nil {
		panic(err)
	}
	a := attempt{at: time.Since(f.made)}
	for _, r := range e.Records {
		a.numbers = append(a.numbers, r.Change.SequenceNumber)
		if key, ok := r.Change.Keys["key"]; ok {
			a.keys = append(a.keys, key.String())
		}
	}
	f.mu.Lock()
	n := len(f.attempts)
	f.attempts = append(f.attempts, a)
	f.mu.Unlock()
	if f.answer == nil {
		f.succeed(a.numbers)
		return streams.Response{}, nil
	}
	r, err := f.answer(n, a)
	if err == nil && r.FunctionError == "" {
		f.succeed(a.numbers[:reportedAt(r, a.numbers)])
	}
	return r, err
}

func (f *function) succeed(numbers []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done = append(f.done, numbers...)
}

// batches are the numbers of each attempt, without their zeros.
func (f *function) batches() [][]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all [][]string
	for _, a := range f.attempts {
		var b []string
		for _, n := range a.numbers {
			b = append(b, strings.TrimLeft(n, "0"))
		}
		all = append(all, b)
	}
	return all
}

// failed is the answer of a function that has ended with an error.
func failed() (streams.Response, error) {
	return streams.Response{FunctionError: "Unhandled", Payload: []byte(`{"errorMessage":"no"}`), RequestID: "request-1"}, nil
}

// report is the answer that names failed records.
func report(numbers ...string) (streams.Response, error) {
	r := events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{}}
	for _, n := range numbers {
		r.BatchItemFailures = append(r.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: n})
	}
	b, err := json.Marshal(r)
	return streams.Response{Payload: b, RequestID: "request-1"}, err
}

// reportedAt is how many of the numbers come before the first reported one.
func reportedAt(r streams.Response, numbers []string) int {
	var e events.DynamoDBEventResponse
	_ = json.Unmarshal(r.Payload, &e)
	for i, n := range numbers {
		for _, f := range e.BatchItemFailures {
			if f.ItemIdentifier == n {
				return i
			}
		}
	}
	return len(numbers)
}

var errThrottled = errors.New("throttled")

// position is what is saved of a shard.
func (m *memory) position(shard string) streams.Position {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.saved.Shards[shard]
}

// announcing tells when records have been read for the first time: from then on it is known where LATEST is.
type announcing struct {
	streams.Client
	once sync.Once
	read chan struct{}
}

func (a *announcing) GetRecords(ctx context.Context, in *dynamodbstreams.GetRecordsInput, options ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetRecordsOutput, error) {
	out, err := a.Client.GetRecords(ctx, in, options...)
	if err == nil {
		a.once.Do(func() { close(a.read) })
	}
	return out, err
}
