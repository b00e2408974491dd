package queues_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"serverlesschat/localtest/aws/queues"
)

// statement is what must hold of every SQS. Its queues are named, and name their dead-letter queues, by single words.
type statement struct {
	name   string
	queues []queues.Queue
	holds  func(w world)
}

// world is the queues of a statement at one implementation.
type world struct {
	queueClient
	suffix string            // of all names
	urls   map[string]string // by the statement's names
}

func (w world) url(name string) string { return w.urls[name] }
func (w world) arn(name string) string { return arn(name + w.suffix) }

// part is one of several claims of a statement. Another implementation may keep the one and not the other.
func (w world) part(name string, holds func(w world)) {
	w.t.Run(name, func(t *testing.T) {
		w.queueClient.t = t
		holds(w)
	})
}

// TestConformance runs the same statements against these queues and, where SQS_ENDPOINT has the address of one, against
// another implementation. There the names of those that it does not keep are skipped from outside, by -skip.
func TestConformance(t *testing.T) {
	t.Run("here", func(t *testing.T) {
		for _, s := range statements() {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				s.holds(here(t, s.queues))
			})
		}
	})
	t.Run("there", func(t *testing.T) {
		endpoint := os.Getenv("SQS_ENDPOINT")
		if endpoint == "" {
			t.Skip("only where SQS_ENDPOINT names another implementation: make sqs-conformance")
		}
		for _, s := range statements() {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				s.holds(there(t, endpoint, s.queues))
			})
		}
	})
}

// here opens queues behind a socket.
func here(t *testing.T, all []queues.Queue) world {
	w := world{urls: map[string]string{}}
	var named []queues.Queue
	for _, q := range all {
		if q.DeadLetterARN != "" {
			q.DeadLetterARN = w.arn(q.DeadLetterARN)
		}
		named = append(named, q)
	}
	s := open(t, config(t.TempDir(), named...))
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	for _, q := range all {
		w.urls[q.Name] = queues.URL(server.URL, account, q.Name)
	}
	w.queueClient = queueClient{newClient(server.URL, server.Client()), t}
	return w
}

// there makes queues by SQS's own operation. They are deleted when the test ends.
func there(t *testing.T, endpoint string, all []queues.Queue) world {
	w := world{suffix: fmt.Sprintf("-%08x", rand.Uint32()), urls: map[string]string{}}
	server := httptest.NewServer(nil) // for a client whose connections are closed with the test
	t.Cleanup(server.Close)
	w.queueClient = queueClient{newClient(endpoint, server.Client()), t}
	for _, q := range all { // dead-letter queues come first
		name := q.Name + w.suffix
		out, err := w.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: w.attributesOf(q)})
		if err != nil {
			t.Fatal(err)
		}
		w.urls[q.Name] = *out.QueueUrl
		t.Cleanup(func() {
			_, _ = w.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: out.QueueUrl})
		})
	}
	return w
}

func (w world) attributesOf(q queues.Queue) map[string]string {
	a := map[string]string{"SqsManagedSseEnabled": "true"}
	set := func(name string, n int) {
		if n != 0 {
			a[name] = strconv.Itoa(n)
		}
	}
	set("VisibilityTimeout", int(q.VisibilityTimeout/time.Second))
	set("DelaySeconds", int(q.Delay/time.Second))
	set("MessageRetentionPeriod", int(q.Retention/time.Second))
	set("MaximumMessageSize", q.MaximumMessageSize)
	if q.DeadLetterARN != "" {
		policy, _ := json.Marshal(map[string]any{
			"deadLetterTargetArn": w.arn(q.DeadLetterARN), "maxReceiveCount": q.MaxReceiveCount,
		})
		a["RedrivePolicy"] = string(policy)
	}
	return a
}

// statements returns all of them.
func statements() []statement {
	var all []statement
	for _, some := range [][]statement{messageStatements(), visibilityStatements(), deadLetterStatements(), errorStatements(),
		queueStatements()} {
		all = append(all, some...)
	}
	return all
}

// oneQueue is a queue "work" as AWS makes it.
func oneQueue() []queues.Queue { return []queues.Queue{{Name: "work"}} }

// withDeadLetters is a queue "work" whose messages go to the queue "dead" after some receives.
func withDeadLetters(maxReceiveCount int) []queues.Queue {
	return []queues.Queue{{Name: "dead"}, {Name: "work", DeadLetterARN: "dead", MaxReceiveCount: maxReceiveCount}}
}

func queueStatements() []statement {
	return []statement{
		{"the attributes of a queue", []queues.Queue{{Name: "dead"}, {Name: "work", VisibilityTimeout: 40 * time.Second,
			Delay: 3 * time.Second, Retention: 14 * 24 * time.Hour, MaximumMessageSize: 2048, DeadLetterARN: "dead",
			MaxReceiveCount: 5}}, queueAttributes},
		{"a queue counts its messages", oneQueue(), queueCounts},
		{"a queue is found by its name", oneQueue(), queueByName},
		{"queues are listed by a prefix", []queues.Queue{{Name: "work"}, {Name: "workshop"}, {Name: "other"}}, queuesByPrefix},
	}
}

func queueAttributes(w world) {
	got := w.attributes(w.url("work"))
	for name, want := range map[string]string{
		"QueueArn": w.arn("work"), "VisibilityTimeout": "40", "DelaySeconds": "3", "MessageRetentionPeriod": "1209600",
		"MaximumMessageSize": "2048", "ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true",
	} {
		w.part(name, func(w world) {
			if got[name] != want {
				w.t.Errorf("it is %q, want %q", got[name], want)
			}
		})
	}
	var policy struct {
		DeadLetterTargetArn string
		MaxReceiveCount     int
	}
	if err := json.Unmarshal([]byte(got["RedrivePolicy"]), &policy); err != nil || policy.DeadLetterTargetArn != w.arn("dead") ||
		policy.MaxReceiveCount != 5 {
		w.t.Errorf("RedrivePolicy is %s, %v", got["RedrivePolicy"], err)
	}
	for _, name := range []string{"CreatedTimestamp", "LastModifiedTimestamp"} {
		if _, err := strconv.ParseInt(got[name], 10, 64); err != nil {
			w.t.Errorf("%s is %q", name, got[name])
		}
	}
	out, err := w.GetQueueAttributes(w.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: aws.String(w.url("work")),
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn}})
	if err != nil || len(out.Attributes) != 1 || out.Attributes["QueueArn"] != w.arn("work") {
		w.t.Errorf("QueueArn alone: %v, %v", out, err)
	}
}

func queueCounts(w world) {
	url := w.url("work")
	expect := func(when, want string) {
		w.t.Helper()
		if got := w.counts(url); got != want {
			w.t.Errorf("%s there are %s messages visible, in flight and delayed, want %s", when, got, want)
		}
	}
	expect("at first", "0/0/0")
	w.send(url, "one")
	expect("after a send", "1/0/0")
	got := w.one(url)
	expect("after a receive", "0/1/0")
	_, err := w.SendMessage(w.t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("two"), DelaySeconds: 900})
	if err != nil {
		w.t.Fatal(err)
	}
	expect("after a delayed send", "0/1/1")
	w.remove(url, got)
	expect("after a delete", "0/0/1")
}

func queueByName(w world) {
	out, err := w.GetQueueUrl(w.t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("work" + w.suffix)})
	if err != nil || *out.QueueUrl != w.url("work") {
		w.t.Errorf("%v, %v, want %s", out, err, w.url("work"))
	}
}

func queuesByPrefix(w world) {
	for prefix, want := range map[string]int{"work": 2, "works": 1, "none-of-them": 0} {
		out, err := w.ListQueues(w.t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: &prefix})
		if err != nil {
			w.t.Fatal(err)
		}
		n := 0
		for _, url := range out.QueueUrls { // other tests have queues there too
			for _, own := range w.urls {
				if url == own {
					n++
				}
			}
		}
		if n != want {
			w.t.Errorf("%d queues begin with %q, want %d: %v", n, prefix, want, out.QueueUrls)
		}
	}
}
