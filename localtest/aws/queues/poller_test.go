package queues_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/localtest/aws/queues"
)

// As recorded against AWS, but for what is different in each message.
const wantEvent = `{"Records":[{"messageId":"%s","receiptHandle":"%s","body":"{\"a\":1}","attributes":{` +
	`"ApproximateFirstReceiveTimestamp":"946684800000","ApproximateReceiveCount":"1","SenderId":"000000000000",` +
	`"SentTimestamp":"946684800000"},"messageAttributes":{},"md5OfBody":"bb6cb5c68df4652941caf652a366f2d8",` +
	`"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:000000000000:work","awsRegion":"us-east-1"}]}`

func TestAnEventHasTheFormOfAWS(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, c queueClient) {
		id := c.send(url("work"), `{"a":1}`)
		events := make(chan []byte, 1)
		p, err := s.NewPoller(queues.Mapping{Function: "fn", QueueARN: arn("work")},
			func(_ context.Context, _, _ string, payload []byte) (queues.Response, error) {
				events <- payload
				return queues.Response{}, nil
			})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go p.Run(ctx)
		got := <-events
		var e struct {
			Records []struct{ ReceiptHandle string }
		}
		if err := json.Unmarshal(got, &e); err != nil || len(e.Records) != 1 {
			t.Fatalf("%s: %v", got, err)
		}
		if want := fmt.Sprintf(wantEvent, id, e.Records[0].ReceiptHandle); string(got) != want {
			t.Errorf("the event is\n%s\nwant\n%s", got, want)
		}
	})
}

func TestSuccessDeletesTheBatch(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, c queueClient) {
		for _, body := range []string{"one", "two", "three"} {
			c.send(url("work"), body)
		}
		f := newFunction(nil)
		poll(t, s, f, queues.Mapping{})
		time.Sleep(time.Hour)
		f.expect(t, "0s one three two")
		if got := c.counts(url("work")); got != "0/0/0" {
			t.Errorf("there are %s messages left", got)
		}
	})
}

func TestAFailureLeavesTheBatchToItsVisibilityTimeout(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, c queueClient) {
		c.send(url("work"), "one")
		c.send(url("work"), "two")
		f := newFunction(func(n int, a attempt) (queues.Response, error) {
			if got := a.records[0].Attributes["ApproximateReceiveCount"]; got != fmt.Sprint(n+1) {
				t.Errorf("attempt %d is receive %s", n, got)
			}
			if n < 2 {
				return failed()
			}
			return queues.Response{}, nil
		})
		poll(t, s, f, queues.Mapping{})
		time.Sleep(time.Hour)
		f.expect(t, "0s one two", "30s one two", "1m0s one two")
	})
}

func TestReportedMessagesAloneComeAgain(t *testing.T) {
	for name, c := range map[string]struct {
		report bool
		again  string
	}{"with ReportBatchItemFailures": {true, "30s two"}, "without": {false, ""}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, client queueClient) {
				client.send(url("work"), "one")
				id := client.send(url("work"), "two")
				f := newFunction(func(n int, a attempt) (queues.Response, error) {
					if n == 0 {
						return report(id)
					}
					return report()
				})
				poll(t, s, f, queues.Mapping{ReportBatchItemFailures: c.report})
				time.Sleep(time.Hour)
				want := []string{"0s one two"}
				if c.again != "" {
					want = append(want, c.again)
				}
				f.expect(t, want...)
			})
		})
	}
}

func TestAVisibilityThatTheFunctionSetHolds(t *testing.T) {
	for seconds, want := range map[int32][]string{
		5:  {"0s one", "5s one", "35s one"},
		0:  {"0s one", "0s one", "30s one"},
		90: {"0s one", "1m30s one", "2m0s one"},
	} {
		t.Run(fmt.Sprint(seconds), func(t *testing.T) {
			inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, c queueClient) {
				c.send(url("work"), "one")
				f := newFunction(func(n int, a attempt) (queues.Response, error) {
					switch n {
					case 0:
						_, err := c.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{
							QueueUrl: aws.String(url("work")), ReceiptHandle: &a.records[0].ReceiptHandle, VisibilityTimeout: seconds,
						})
						if err != nil {
							t.Error(err)
						}
						return report(a.records[0].MessageId)
					case 1:
						return report(a.records[0].MessageId) // the queue's own timeout again
					}
					return report()
				})
				poll(t, s, f, queues.Mapping{ReportBatchItemFailures: true, MaximumConcurrency: 2})
				time.Sleep(time.Hour)
				f.expect(t, want...)
			})
		})
	}
}

func TestAPollerWakesAtOnce(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, c queueClient) {
		f := newFunction(nil)
		poll(t, s, f, queues.Mapping{})
		time.Sleep(7 * time.Second)
		c.send(url("work"), "sent")
		c.delay(url("work"), 3*time.Second)
		time.Sleep(time.Hour)
		f.expect(t, "7s sent", "10s late")
	})
}

func TestAFailingFunctionFillsTheDeadLetterQueue(t *testing.T) {
	inBubble(t, deadLetters(2), func(t *testing.T, s *queues.Service, c queueClient) {
		c.send(url("work"), "one")
		f := newFunction(func(int, attempt) (queues.Response, error) { return failed() })
		poll(t, s, f, queues.Mapping{})
		time.Sleep(59 * time.Second)
		c.none(url("dead"))
		time.Sleep(time.Second)
		synctest.Wait()
		f.expect(t, "0s one", "30s one")
		if got := c.receive(url("dead"), 0); len(got) != 1 {
			t.Errorf("%d dead letters, want 1", len(got))
		}
	})
}

func TestADeadLetterTellsItsSourceToAFunction(t *testing.T) {
	all := []queues.Queue{{Name: "work"}, {Name: "source", DeadLetterARN: arn("work"), MaxReceiveCount: 1}}
	inBubble(t, all, func(t *testing.T, s *queues.Service, c queueClient) {
		f := newFunction(func(_ int, a attempt) (queues.Response, error) {
			if got := a.records[0].Attributes["DeadLetterQueueSourceArn"]; got != arn("source") {
				t.Errorf("DeadLetterQueueSourceArn is %q", got)
			}
			return queues.Response{}, nil
		})
		poll(t, s, f, queues.Mapping{})
		c.die(url("source"))
		time.Sleep(time.Minute)
		f.expect(t, "0s dead")
	})
}

// Throttled: tried again while the visibility timeout lasts, which is one receive; then the message is received anew.
func TestARefusedInvocationIsTriedAgain(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, c queueClient) {
		c.send(url("work"), "one")
		f := newFunction(func(_ int, a attempt) (queues.Response, error) {
			if a.at < 31*time.Second {
				return queues.Response{}, errThrottled
			}
			if got := a.records[0].Attributes["ApproximateReceiveCount"]; got != "2" {
				t.Errorf("received %s times, want 2", got)
			}
			return queues.Response{}, nil
		})
		poll(t, s, f, queues.Mapping{})
		time.Sleep(time.Hour)
		f.expect(t, "0s one", "200ms one", "600ms one", "1.4s one", "3s one", "6.2s one", "12.6s one", "22.6s one",
			"30s one", "30.2s one", "30.6s one", "31.4s one")
	})
}

func TestAPollerEndsAfterTheInvocationsThatRun(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, c queueClient) {
		c.send(url("work"), "one")
		f := newFunction(func(int, attempt) (queues.Response, error) {
			time.Sleep(2 * time.Second)
			return queues.Response{}, nil
		})
		stop := poll(t, s, f, queues.Mapping{})
		time.Sleep(time.Second)
		c.send(url("work"), "two")
		synctest.Wait()
		begin := time.Now()
		stop()
		if took := time.Since(begin); took != 2*time.Second {
			t.Errorf("it took %s, want 2s", took)
		}
		if got := c.counts(url("work")); got != "0/0/0" {
			t.Errorf("there are %s messages left", got)
		}
		c.send(url("work"), "three")
		time.Sleep(time.Minute)
		f.expect(t, "0s one", "1s two")
	})
}

func TestMappingsThatAWSRefusesAreErrors(t *testing.T) {
	all := []queues.Queue{{Name: "work"}, {Name: "quick", VisibilityTimeout: -1}}
	s := open(t, config(t.TempDir(), all...))
	f := newFunction(nil)
	good := queues.Mapping{Function: "fn", QueueARN: arn("work"), FunctionTimeout: 30 * time.Second}
	for want, change := range map[string]func(*queues.Mapping){
		"Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds": func(m *queues.Mapping) {
			m.FunctionTimeout = 31 * time.Second
		},
		"Queue visibility timeout: 0 seconds is less than Function timeout: 3 seconds": func(m *queues.Mapping) {
			m.QueueARN, m.FunctionTimeout = arn("quick"), 0
		},
		"Function is needed":                                    func(m *queues.Mapping) { m.Function = "" },
		"there is no queue " + arn("other"):                     func(m *queues.Mapping) { m.QueueARN = arn("other") },
		"BatchSize is 10001, not 1 to 10000":                    func(m *queues.Mapping) { m.BatchSize, m.MaximumBatchingWindow = 10_001, time.Second },
		"BatchSize is -1, not 1 to 10000":                       func(m *queues.Mapping) { m.BatchSize = -1 },
		"a BatchSize above 10 needs a MaximumBatchingWindow":    func(m *queues.Mapping) { m.BatchSize = 11 },
		"MaximumBatchingWindow is 5m1s, not 0s to 5m0s":         func(m *queues.Mapping) { m.MaximumBatchingWindow = 301 * time.Second },
		"MaximumBatchingWindow is 500ms, not 0s to 5m0s in who": func(m *queues.Mapping) { m.MaximumBatchingWindow = time.Second / 2 },
		"MaximumConcurrency is 1, not 2 to 1000":                func(m *queues.Mapping) { m.MaximumConcurrency = 1 },
		"MaximumConcurrency is 1001, not 2 to 1000":             func(m *queues.Mapping) { m.MaximumConcurrency = 1001 },
	} {
		m := good
		change(&m)
		if _, err := s.NewPoller(m, f.invoke); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
	if _, err := s.NewPoller(good, nil); err == nil {
		t.Error("a poller without an invoker")
	}
	for _, change := range []func(*queues.Mapping){
		func(*queues.Mapping) {},
		func(m *queues.Mapping) { m.BatchSize, m.MaximumBatchingWindow = 10_000, 300*time.Second },
		func(m *queues.Mapping) { m.MaximumConcurrency = 1000 },
	} {
		m := good
		change(&m)
		if _, err := s.NewPoller(m, f.invoke); err != nil {
			t.Errorf("%+v: %v", m, err)
		}
	}
}
