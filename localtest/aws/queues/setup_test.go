package queues_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"serverlesschat/localtest/aws/queues"
)

const (
	region  = "us-east-1"
	account = "000000000000" // that of the other implementations too
)

func arn(name string) string { return "arn:aws:sqs:" + region + ":" + account + ":" + name }

func config(dir string, all ...queues.Queue) queues.Config {
	return queues.Config{Queues: all, Region: region, AccountID: account, Dir: dir}
}

// open opens queues until the test ends.
func open(t *testing.T, c queues.Config) *queues.Service {
	t.Helper()
	s, err := queues.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// newClient returns a client of SQS at an address.
func newClient(endpoint string, httpClient aws.HTTPClient) *sqs.Client {
	return sqs.New(sqs.Options{
		Region: region, BaseEndpoint: &endpoint, HTTPClient: httpClient,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		Retryer:     aws.NopRetryer{},
	})
}

// direct is an HTTP client that calls a handler: without sockets, so that it can be used in a bubble of synctest.
type direct struct{ handler http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	d.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

const host = "http://sqs.local"

// queueClient is a client, and what is called of it again and again. Each call must succeed.
type queueClient struct {
	*sqs.Client
	t *testing.T
}

// clientOf returns a client without sockets.
func clientOf(t *testing.T, s *queues.Service) queueClient {
	return queueClient{newClient(host, direct{s}), t}
}

func url(name string) string { return queues.URL(host, account, name) }

// send returns the id of the message.
func (c queueClient) send(url, body string) string {
	c.t.Helper()
	out, err := c.SendMessage(c.t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body})
	if err != nil {
		c.t.Fatal(err)
	}
	return *out.MessageId
}

// receive receives up to ten messages with all their attributes, and waits for the first one.
func (c queueClient) receive(url string, wait time.Duration) []types.Message {
	c.t.Helper()
	return c.receiveFor(url, wait, 0)
}

// receiveFor sets the visibility timeout too, if it is not 0.
func (c queueClient) receiveFor(url string, wait, visibility time.Duration) []types.Message {
	c.t.Helper()
	out, err := c.ReceiveMessage(c.t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: int32(wait / time.Second),
		VisibilityTimeout:           int32(visibility / time.Second),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return out.Messages
}

// one receives the one message that is there, or comes within the longest wait.
func (c queueClient) one(url string) types.Message {
	c.t.Helper()
	got := c.receive(url, 20*time.Second)
	if len(got) != 1 {
		c.t.Fatalf("%d messages received, want 1", len(got))
	}
	return got[0]
}

func (c queueClient) none(url string) {
	c.t.Helper()
	for _, m := range c.receive(url, 0) {
		c.t.Errorf("received %q, want nothing", *m.Body)
	}
}

func (c queueClient) remove(url string, m types.Message) {
	c.t.Helper()
	_, err := c.DeleteMessage(c.t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c queueClient) hide(url string, m types.Message, d time.Duration) {
	c.t.Helper()
	_, err := c.ChangeMessageVisibility(c.t.Context(), &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: int32(d / time.Second),
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c queueClient) attributes(url string) map[string]string {
	c.t.Helper()
	out, err := c.GetQueueAttributes(c.t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return out.Attributes
}

// counts returns how many messages are visible, in flight and delayed, as "1/0/0".
func (c queueClient) counts(url string) string {
	c.t.Helper()
	a := c.attributes(url)
	return strings.Join([]string{a["ApproximateNumberOfMessages"], a["ApproximateNumberOfMessagesNotVisible"],
		a["ApproximateNumberOfMessagesDelayed"]}, "/")
}

// code is the code of an error of AWS, or "" without one.
func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

func bodies(messages []types.Message) []string {
	var all []string
	for _, m := range messages {
		all = append(all, *m.Body)
	}
	return all
}
