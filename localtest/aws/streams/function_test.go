package streams_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/localtest/aws/streams"
)

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

// function records its invocations and answers as its test says.
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
