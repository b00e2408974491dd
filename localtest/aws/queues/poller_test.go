package queues_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/localtest/aws/queues"
)

// fed is a function that a queue feeds. It keeps what it gets.
type fed struct {
	answer func(events.SQSMessage) (queues.Response, error) // for the first message of a batch

	mu  sync.Mutex
	got []string // bodies, with how often they were received
}

func (f *fed) invoke(_ context.Context, _, _ string, payload []byte) (queues.Response, error) {
	var event events.SQSEvent
	if err := json.Unmarshal(payload, &event); err != nil {
		return queues.Response{}, err
	}
	f.mu.Lock()
	for _, m := range event.Records {
		f.got = append(f.got, m.Body+m.Attributes["ApproximateReceiveCount"])
	}
	f.mu.Unlock()
	return f.answer(event.Records[0])
}

// feed runs a mapping from the queue jobs until the test ends.
func feed(t *testing.T, s *queues.Service, f *fed) {
	t.Helper()
	p, err := s.NewPoller(queues.Mapping{
		Function: "f", FunctionARN: "arn:f", QueueARN: arn("jobs"), BatchSize: 1, ReportBatchItemFailures: true,
		FunctionTimeout: 5 * time.Second, MaximumConcurrency: 2,
	}, f.invoke)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { p.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
}

func jobs() queues.Queue {
	return queues.Queue{Name: "jobs", ARN: arn("jobs"), VisibilityTimeout: 10 * time.Second}
}

// TestWhatAMappingDoesWithAnswers: what succeeded is deleted, what failed is seen again when its time is over.
func TestWhatAMappingDoesWithAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(events.SQSMessage) (queues.Response, error)
		again  bool
	}{
		{"success", func(events.SQSMessage) (queues.Response, error) { return queues.Response{}, nil }, false},
		{"no failures", func(events.SQSMessage) (queues.Response, error) {
			return queues.Response{Payload: []byte(`{"batchItemFailures":[]}`)}, nil
		}, false},
		{"the message failed", func(m events.SQSMessage) (queues.Response, error) {
			return queues.Response{Payload: fmt.Appendf(nil, `{"batchItemFailures":[{"itemIdentifier":%q}]}`, m.MessageId)}, nil
		}, true},
		{"an unknown message failed", func(events.SQSMessage) (queues.Response, error) {
			return queues.Response{Payload: []byte(`{"batchItemFailures":[{"itemIdentifier":"?"}]}`)}, nil
		}, true},
		{"no JSON", func(events.SQSMessage) (queues.Response, error) { return queues.Response{Payload: []byte("hm")}, nil }, true},
		{"the function failed", func(events.SQSMessage) (queues.Response, error) {
			return queues.Response{FunctionError: "Unhandled"}, nil
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, config(t.TempDir(), jobs()))
				f := &fed{answer: c.answer}
				feed(t, s, f)
				clientOf(t, s).send(url("jobs"), "a")
				time.Sleep(11 * time.Second)
				synctest.Wait()
				f.mu.Lock()
				defer f.mu.Unlock()
				want := []string{"a1"}
				if c.again {
					want = append(want, "a2")
				}
				if !slices.Equal(f.got, want) {
					t.Errorf("got %q in 11 s, want %q", f.got, want)
				}
			})
		})
	}
}

// TestAFunctionMaySayWhenAMessageComesAgain: a visibility that it has changed holds, for this receive alone.
func TestAFunctionMaySayWhenAMessageComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, config(t.TempDir(), jobs()))
		client := clientOf(t, s)
		begun := time.Now()
		var at []time.Duration
		feed(t, s, &fed{answer: func(m events.SQSMessage) (queues.Response, error) {
			if at = append(at, time.Since(begun)); len(at) == 1 {
				_, err := client.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{
					QueueUrl: new(url("jobs")), ReceiptHandle: &m.ReceiptHandle, VisibilityTimeout: 2,
				})
				if err != nil {
					t.Error(err)
				}
			}
			return queues.Response{FunctionError: "Unhandled"}, nil
		}})
		client.send(url("jobs"), "a")
		time.Sleep(13 * time.Second)
		synctest.Wait()
		if want := []time.Duration{0, 2 * time.Second, 12 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("invoked after %v, want %v", at, want)
		}
	})
}

// TestMessagesSurviveARestart, and how often they were received.
func TestMessagesSurviveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s, err := queues.Open(config(dir, jobs()))
		if err != nil {
			t.Fatal(err)
		}
		client := clientOf(t, s)
		client.send(url("jobs"), "received")
		if got := client.receive(url("jobs"), 0); len(got) != 1 {
			t.Fatalf("%d messages, want 1", len(got))
		}
		client.send(url("jobs"), "waiting")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		client = clientOf(t, open(t, config(dir, jobs())))
		var got []string
		for _, m := range client.receive(url("jobs"), 0) {
			got = append(got, *m.Body+m.Attributes["ApproximateReceiveCount"])
		}
		slices.Sort(got)
		if want := []string{"received2", "waiting1"}; !slices.Equal(got, want) {
			t.Errorf("after a restart %q, want %q", got, want)
		}
	})
}
