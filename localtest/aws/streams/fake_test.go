package streams_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
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
