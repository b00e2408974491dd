package queues_test

import (
	"strings"
	"testing"
	"time"

	"serverlesschat/localtest/aws/queues"
)

func TestQueuesThatAWSRefusesAreErrors(t *testing.T) {
	for want, change := range map[string]func(*queues.Queue){
		"a name has 1 to 80 letters":                    func(q *queues.Queue) { q.Name = "work.fifo" },
		"queue : a name has 1 to 80":                    func(q *queues.Queue) { q.Name = "" },
		"ARN is arn:other":                              func(q *queues.Queue) { q.ARN = "arn:other" },
		"VisibilityTimeout is 12h0m1s, not 0s to 12h0m": func(q *queues.Queue) { q.VisibilityTimeout = 12*time.Hour + time.Second },
		"VisibilityTimeout is 1.5s, not":                func(q *queues.Queue) { q.VisibilityTimeout = 1500 * time.Millisecond },
		"Delay is 15m1s, not 0s to 15m0s":               func(q *queues.Queue) { q.Delay = 901 * time.Second },
		"Retention is 59s, not 1m0s to 336h0m0s":        func(q *queues.Queue) { q.Retention = 59 * time.Second },
		"Retention is 336h0m1s, not":                    func(q *queues.Queue) { q.Retention = 14*24*time.Hour + time.Second },
		"MaximumMessageSize is 1023, not":               func(q *queues.Queue) { q.MaximumMessageSize = 1023 },
		"MaximumMessageSize is 1048577, not":            func(q *queues.Queue) { q.MaximumMessageSize = 1<<20 + 1 },
		"DeadLetterARN is " + arn("other"):              func(q *queues.Queue) { q.DeadLetterARN = arn("other") },
		"DeadLetterARN is " + arn("work"):               func(q *queues.Queue) { q.DeadLetterARN = arn("work") },
		"MaxReceiveCount is 1001, not 1 to 1000":        func(q *queues.Queue) { q.MaxReceiveCount = 1001 },
		"MaxReceiveCount is 0, not 1 to 1000":           func(q *queues.Queue) { q.MaxReceiveCount = 0 },
		"MaxReceiveCount is 5, but there is no":         func(q *queues.Queue) { q.DeadLetterARN, q.MaxReceiveCount = "", 5 },
		"queue dead is there twice":                     func(q *queues.Queue) { q.Name = "dead" },
	} {
		q := queues.Queue{Name: "work", DeadLetterARN: arn("dead"), MaxReceiveCount: 1}
		change(&q)
		_, err := queues.Open(config(t.TempDir(), queues.Queue{Name: "dead"}, q))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
	if _, err := queues.Open(queues.Config{}); err == nil || !strings.Contains(err.Error(), "Region") || !strings.Contains(err.Error(), "folder") {
		t.Errorf("without anything: %v", err)
	}
}

func TestSendRefusesWhatSQSDoes(t *testing.T) {
	s := open(t, config(t.TempDir(), queues.Queue{Name: "work", MaximumMessageSize: 1024}))
	for name, c := range map[string]struct{ arn, body string }{
		"no such queue": {arn("other"), "one"},
		"an empty body": {arn("work"), ""},
		"a large body":  {arn("work"), strings.Repeat("x", 1025)},
		"an odd body":   {arn("work"), "\x00"},
	} {
		if err := s.Send(t.Context(), c.arn, c.body); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := s.Send(t.Context(), arn("work"), "one"); err != nil {
		t.Error(err)
	}
	if c := s.Counts(); len(c) != 1 || c[0].Name != "work" || c[0].ARN != arn("work") || c[0].Visible != 1 {
		t.Errorf("counts %+v", c)
	}
}
