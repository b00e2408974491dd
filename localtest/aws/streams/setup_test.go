package streams_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/engine/enginetest"
	"serverlesschat/localtest/aws/streams"
)

// setup is a mapping on a fake stream. Tests run in bubbles of synctest, where time passes at once.
type setup struct {
	stream  *fakeStream
	store   *memory
	letters *letters
	config  streams.Config
}

func newSetup(f *function, change func(*streams.Mapping)) *setup {
	s := &setup{stream: newFakeStream(), store: &memory{}, letters: &letters{}}
	s.config = streams.Config{
		Stream: streams.Stream{EngineARN: "engine-arn", ARN: "arn:aws:dynamodb:eu-west-1:123456789012:table/T/stream/1",
			Region: "eu-west-1", PartitionKey: "key"},
		Mapping: streams.Mapping{Function: "fanout", FunctionARN: "arn:aws:lambda:eu-west-1:123456789012:function:fanout",
			StartingPosition: "TRIM_HORIZON", MaximumRetryAttempts: -1},
		Client: s.stream, Invoke: f.invoke, Checkpoints: s.store, DeadLetter: s.letters.add,
		PollInterval: 10 * time.Millisecond,
	}
	if change != nil {
		change(&s.config.Mapping)
	}
	return s
}

// run polls for the given time, and stops.
func (s *setup) run(t *testing.T, d time.Duration) {
	t.Helper()
	stop := s.start(t)
	time.Sleep(d)
	stop()
}

// start polls until stop is called, which waits for the end.
func (s *setup) start(t *testing.T) (stop func()) {
	t.Helper()
	p, err := streams.New(s.config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.Run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

func (s *setup) put(keys ...string) {
	for _, k := range keys {
		s.stream.put("shard-0", k)
	}
}

func equalBatches(t *testing.T, f *function, want ...[]string) {
	t.Helper()
	if got := f.batches(); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("batches %v, want %v", got, want)
	}
}

// onEngine is a mapping on a table of a real engine.
type onEngine struct {
	engine *enginetest.Engine
	table  string
	config streams.Config
}

func newOnEngine(t *testing.T, e *enginetest.Engine, view string, invoke streams.InvokeFunc) *onEngine {
	t.Helper()
	o := &onEngine{engine: e, table: e.CreateTable(t, engine.Table{Name: "entries", StreamViewType: view,
		PartitionKey: engine.Key{Name: "key", Type: "S"}, SortKey: engine.Key{Name: "id", Type: "N"}})}
	arn, err := engine.StreamARN(t.Context(), e.DynamoDB, o.table)
	if err != nil {
		t.Fatal(err)
	}
	o.config = streams.Config{
		Stream:       streams.Stream{EngineARN: arn, ARN: sourceARN, Region: "us-east-1", PartitionKey: "key"},
		Mapping:      streams.Mapping{Function: "fanout", StartingPosition: "TRIM_HORIZON", MaximumRetryAttempts: -1},
		Client:       e.Streams,
		Invoke:       invoke,
		Checkpoints:  streams.CheckpointFile(filepath.Join(t.TempDir(), "mapping.json")),
		PollInterval: 10 * time.Millisecond,
		RetryBase:    time.Millisecond,
		RetryLimit:   20 * time.Millisecond,
	}
	return o
}

func (o *onEngine) put(t *testing.T, key string, id int) {
	t.Helper()
	_, err := o.engine.DynamoDB.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &o.table, Item: itemKey(key, id)})
	if err != nil {
		t.Fatal(err)
	}
}

func itemKey(key string, id int) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"key": &types.AttributeValueMemberS{Value: key},
		"id":  &types.AttributeValueMemberN{Value: strconv.Itoa(id)},
	}
}

// start polls until stop is called or the test ends.
func (o *onEngine) start(t *testing.T) (stop func()) {
	t.Helper()
	p, err := streams.New(o.config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	t.Cleanup(stop)
	return stop
}

// sink is a function that hands its records over.
type sink chan events.DynamoDBEventRecord

func (s sink) invoke(ctx context.Context, _, _ string, payload []byte) (streams.Response, error) {
	var e events.DynamoDBEvent
	if err := json.Unmarshal(payload, &e); err != nil {
		panic(err)
	}
	for _, r := range e.Records {
		s <- r
	}
	return streams.Response{}, nil
}

// next is the next record; the test fails when none comes for long.
func (s sink) next(t *testing.T) events.DynamoDBEventRecord {
	t.Helper()
	select {
	case r := <-s:
		return r
	case <-time.After(30 * time.Second):
		t.Fatal("no record came")
		panic("unreachable")
	}
}

// announcing says when records have been read for the first time: from then on it is known where LATEST is.
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
