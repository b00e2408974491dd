package queues_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/localtest/aws/queues"
)

// attempt is one invocation, as the function saw it.
type attempt struct {
	at      time.Duration // since the function was made
	records []events.SQSMessage
}

func (a attempt) bodies() string {
	var all []string
	for _, r := range a.records {
		all = append(all, r.Body)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// function records its invocations and answers as its test says.
type function struct {
	made   time.Time
	answer func(n int, a attempt) (queues.Response, error) // n from 0; nil: success

	mu       sync.Mutex
	attempts []attempt
	payloads []int // sizes
}

func newFunction(answer func(n int, a attempt) (queues.Response, error)) *function {
	return &function{made: time.Now(), answer: answer}
}

func (f *function) invoke(ctx context.Context, name, source string, payload []byte) (queues.Response, error) {
	var e events.SQSEvent
	if err := json.Unmarshal(payload, &e); err != nil || name != "fn" || source != queues.Source {
		panic(fmt.Sprint(err, name, source))
	}
	a := attempt{at: time.Since(f.made), records: e.Records}
	f.mu.Lock()
	n := len(f.attempts)
	f.attempts = append(f.attempts, a)
	f.payloads = append(f.payloads, len(payload))
	f.mu.Unlock()
	if f.answer == nil {
		return queues.Response{}, nil
	}
	r, err := f.answer(n, a)
	if ctx.Err() != nil {
		panic("an invocation was cut off")
	}
	return r, err
}

// expect compares all invocations: "7s one two", the time and the bodies in alphabetical order.
func (f *function) expect(t *testing.T, want ...string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	var got []string
	for _, a := range f.attempts {
		got = append(got, a.at.String()+" "+a.bodies())
	}
	if !slices.Equal(got, want) {
		t.Errorf("invoked\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// failed is the answer of a function that has ended with an error.
func failed() (queues.Response, error) {
	return queues.Response{FunctionError: "Unhandled", Payload: []byte(`{"errorMessage":"no"}`)}, nil
}

// report is the answer that names failed messages.
func report(ids ...string) (queues.Response, error) {
	r := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, id := range ids {
		r.BatchItemFailures = append(r.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
	}
	b, err := json.Marshal(r)
	return queues.Response{Payload: b}, err
}

var errThrottled = errors.New("throttled")

// poll runs a mapping until stop is called or the test ends.
func poll(t *testing.T, s *queues.Service, f *function, m queues.Mapping) (stop func()) {
	t.Helper()
	m.Function, m.QueueARN = "fn", arn("work")
	p, err := s.NewPoller(m, f.invoke)
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
