package apigw_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
)

const (
	queueURL = "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"
	queueARN = "arn:aws:sqs:us-east-1:123456789012:jobs"
)

// sqsCall is a call that a queue has got.
type sqsCall struct {
	action            string
	QueueUrl          string
	MessageBody       string
	DelaySeconds      int
	ReceiptHandle     string
	VisibilityTimeout int
}

// jobQueue returns a queue that keeps its calls in got and answers each with the status.
func jobQueue(t *testing.T, status int, got *[]sqsCall) *apigw.JobQueue {
	t.Helper()
	return apigw.NewJobQueue(sqsClient(t, status, got), queueURL)
}

// sqsClient returns a client of an SQS that keeps its calls in got and answers each with the status.
func sqsClient(t *testing.T, status int, got *[]sqsCall) *sqs.Client {
	t.Helper()
	url, client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		call := sqsCall{action: strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")}
		if err := json.NewDecoder(r.Body).Decode(&call); err != nil {
			t.Error(err)
		}
		*got = append(*got, call)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("{}"))
	})
	return sqs.New(sqs.Options{
		BaseEndpoint: aws.String(url), Region: "us-east-1", Retryer: aws.NopRetryer{}, HTTPClient: client,
		Credentials:                      credentials.NewStaticCredentialsProvider("id", "key", ""),
		DisableMessageChecksumValidation: true,
	})
}

func TestPushLater(t *testing.T) {
	for delay, want := range map[time.Duration]int{0: 0, 1500 * time.Millisecond: 1, time.Minute: 60, time.Hour: 900} {
		var got []sqsCall
		if err := jobQueue(t, http.StatusOK, &got).PushLater(t.Context(), "general", delay); err != nil {
			t.Fatal(err)
		}
		call := sqsCall{
			action: "SendMessage", QueueUrl: queueURL, MessageBody: `{"job":"pushRoom","room_id":"general"}`, DelaySeconds: want,
		}
		if len(got) != 1 || got[0] != call {
			t.Errorf("a job after %v made %+v, want %+v", delay, got, call)
		}
	}
	var got []sqsCall
	if err := jobQueue(t, http.StatusInternalServerError, &got).PushLater(t.Context(), "general", 0); err == nil {
		t.Error("a queue that fails has taken the job")
	}
}

// finisher does what its function says and keeps what it was asked for.
type finisher struct {
	do  func() error
	got []string
}

func (f *finisher) Finish(_ context.Context, room chat.RoomID, retry time.Duration) error {
	f.got = append(f.got, fmt.Sprint(room, " ", retry))
	return f.do()
}

func jobMessage(id, receives, body string) events.SQSMessage {
	return events.SQSMessage{
		MessageId: id, ReceiptHandle: "receipt of " + id, Body: body, EventSourceARN: queueARN,
		Attributes: map[string]string{"ApproximateReceiveCount": receives},
	}
}

func TestAJobIsDone(t *testing.T) {
	var calls []sqsCall
	f := &finisher{do: func() error { return nil }}
	response, line := observe(t, apigw.Jobs(f, nil, nil, nil, nil, jobQueue(t, http.StatusOK, &calls)),
		events.SQSEvent{Records: []events.SQSMessage{jobMessage("1", "1", `{"job":"pushRoom","room_id":"general"}`)}})
	if len(response.BatchItemFailures) > 0 || len(calls) > 0 || fmt.Sprint(f.got) != "[general 1s]" {
		t.Errorf("failures %v, calls %v, done %v", response.BatchItemFailures, calls, f.got)
	}
	expect(t, "outcome", line["outcome"], "ok")
	expect(t, "action", line["action"], "pushRoom")
	expect(t, "room", line["room"], "general")
}

// TestAJobThatFailsComesAgain: later each time, up to a minute, and not when the queue's own time is over.
func TestAJobThatFailsComesAgain(t *testing.T) {
	for receives, want := range map[string]int{"1": 1, "2": 2, "3": 4, "6": 32, "7": 60, "65": 60, "": 1} {
		var calls []sqsCall
		f := &finisher{do: func() error { return chat.Errorf(chat.CodeUnavailable, "the gateway is down") }}
		response, line := observe(t, apigw.Jobs(f, nil, nil, nil, nil, jobQueue(t, http.StatusOK, &calls)),
			events.SQSEvent{Records: []events.SQSMessage{jobMessage("m", receives, `{"job":"pushRoom","room_id":"general"}`)}})
		if len(response.BatchItemFailures) != 1 || response.BatchItemFailures[0].ItemIdentifier != "m" {
			t.Errorf("failures %v, want m", response.BatchItemFailures)
		}
		hidden := sqsCall{
			action: "ChangeMessageVisibility", QueueUrl: queueURL, ReceiptHandle: "receipt of m", VisibilityTimeout: want,
		}
		if len(calls) != 1 || calls[0] != hidden {
			t.Errorf("receive %q: calls %+v, want %+v", receives, calls, hidden)
		}
		if wait := fmt.Sprint("general ", time.Duration(want)*time.Second); fmt.Sprint(f.got) != "["+wait+"]" {
			t.Errorf("receive %q: asked for %v, want %s", receives, f.got, wait)
		}
		expect(t, "outcome", line["outcome"], "unavailable")
	}
}

// TestMessagesThatAreNoJobs: they go to the dead letters in the end, and none holds up the others.
func TestMessagesThatAreNoJobs(t *testing.T) {
	var calls []sqsCall
	f := &finisher{do: func() error { return nil }}
	response, line := observe(t, apigw.Jobs(f, nil, nil, nil, nil, jobQueue(t, http.StatusOK, &calls)), events.SQSEvent{Records: []events.SQSMessage{
		jobMessage("1", "1", "hi"), jobMessage("2", "1", `{"job":"sing"}`), jobMessage("3", "1", `{"job":"pushRoom","room_id":"r"}`),
	}})
	var failed []string
	for _, failure := range response.BatchItemFailures {
		failed = append(failed, failure.ItemIdentifier)
	}
	if fmt.Sprint(failed) != "[1 2]" || fmt.Sprint(f.got) != "[r 1s]" {
		t.Errorf("failures %v, done %v", failed, f.got)
	}
	expect(t, "outcome", line["outcome"], "internal")
	expect(t, "Errors", line["Errors"], 2.0)
}

// TestAJobThatCannotBeHidden comes again when the queue's own time is over.
func TestAJobThatCannotBeHidden(t *testing.T) {
	var calls []sqsCall
	f := &finisher{do: func() error { return errors.New("broken") }}
	response, err := apigw.Jobs(f, nil, nil, nil, nil, jobQueue(t, http.StatusInternalServerError, &calls))(t.Context(),
		events.SQSEvent{Records: []events.SQSMessage{jobMessage("m", "1", `{"job":"pushRoom","room_id":"r"}`)}})
	if err != nil || len(response.BatchItemFailures) != 1 {
		t.Errorf("failures %v, %v, want one", response.BatchItemFailures, err)
	}
}

// TestAJobIsHiddenInItsOwnQueue: a receipt is good for the queue alone that the job came from. A job of a queue that is
// not known comes again when that one's own time is over.
func TestAJobIsHiddenInItsOwnQueue(t *testing.T) {
	const account = "https://sqs.us-east-1.amazonaws.com/123456789012/"
	for arn, want := range map[string]string{
		"arn:aws:sqs:us-east-1:123456789012:chat-Jobs":   account + "chat-Jobs",
		"arn:aws:sqs:us-east-1:123456789012:chat-Checks": account + "chat-Checks",
		"arn:aws:sqs:us-east-1:123456789012:Jobs":        "",
		"": "",
	} {
		var calls []sqsCall
		client := sqsClient(t, http.StatusOK, &calls)
		f := &finisher{do: func() error { return errors.New("broken") }}
		message := jobMessage("m", "1", `{"job":"pushRoom","room_id":"r"}`)
		message.EventSourceARN = arn
		jobs := apigw.Jobs(f, nil, nil, nil, nil, apigw.NewJobQueue(client, account+"chat-Jobs"), apigw.NewJobQueue(client, account+"chat-Checks"))
		response, err := jobs(t.Context(), events.SQSEvent{Records: []events.SQSMessage{message}})
		var hidden string
		for _, call := range calls {
			hidden += call.QueueUrl
		}
		if err != nil || len(response.BatchItemFailures) != 1 || hidden != want {
			t.Errorf("of %q: failures %v, %v, hidden in %q, want %q", arn, response.BatchItemFailures, err, hidden, want)
		}
	}
}

// drainer keeps what it was asked for.
type drainer struct{ got []fanout.Drain }

func (d *drainer) Drain(_ context.Context, asked fanout.Drain) error {
	d.got = append(d.got, asked)
	return nil
}

// A drain goes through the queue as it is.
func TestDrainJobs(t *testing.T) {
	began := time.UnixMilli(1_790_000_000_123)
	for body, want := range map[string]fanout.Drain{
		`{"job":"drain"}`:                    {},
		`{"job":"drain","spread_ms":600000}`: {Spread: 10 * time.Minute},
		`{"job":"drain","spread_ms":3000,"began_ms":1790000000123,"cursor":"c= room#r"}`: {
			Spread: 3 * time.Second, Began: began, Cursor: "c= room#r",
		},
	} {
		var calls []sqsCall
		queue := jobQueue(t, http.StatusOK, &calls)
		if err := queue.DrainLater(t.Context(), want); err != nil || len(calls) != 1 || calls[0].MessageBody != body {
			t.Errorf("sent %+v, %v, want %s", calls, err, body)
		}
		d := &drainer{}
		response, line := observe(t, apigw.Jobs(nil, nil, d, nil, nil, queue), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: body}}})
		if len(response.BatchItemFailures) > 0 || len(d.got) != 1 || d.got[0] != want {
			t.Errorf("%s is %+v, want %+v", body, d.got, want)
		}
		expect(t, "action", line["action"], "drain")
		expect(t, "room", line["room"], nil)
	}
	d := &drainer{}
	observe(t, apigw.Jobs(nil, nil, d, nil, nil), events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "m", Body: `{"job":"drain"}`, Attributes: map[string]string{"SentTimestamp": "1790000000123"}},
	}})
	if len(d.got) != 1 || !d.got[0].Began.Equal(began) {
		t.Errorf("the first job of a drain that was sent at %v: %+v", began, d.got)
	}
}
