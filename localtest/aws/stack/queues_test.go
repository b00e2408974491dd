package stack

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func TestAFunctionSendsToAQueueAndIsFedByIt(t *testing.T) {
	callee, observed := newCallee(t), &decisions{}
	a := serve(t, Options{Rights: observed.observe}, queuesTemplate)
	order, err := json.Marshal(map[string]string{"do": "send", "text": callee.message(t, "/good")})
	if err != nil {
		t.Fatal(err)
	}
	if status, _, body := a.post(a.s.endpoints.HTTP+"/a", string(order)); status != http.StatusOK {
		t.Fatalf("send: %d %s", status, body)
	}
	if path := callee.next(a); path != "/good" {
		t.Errorf("called %s", path)
	}
	a.awaitEmpty()
	want := []string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"}
	if got := observed.ofQueues(); !slices.Equal(got, want) {
		t.Errorf("observed %q, want %q", got, want)
	}
}

func TestASendThatTheRoleDoesNotAllowIsDenied(t *testing.T) {
	observed := &decisions{}
	a := serve(t, Options{Rights: observed.observe}, strings.Replace(queuesTemplate, "- sqs:SendMessage\n", "- sqs:ListQueues\n", 1))
	status, _, body := a.post(a.s.endpoints.HTTP+"/a", `{"do":"send","text":"x"}`)
	if status != http.StatusBadGateway || !strings.Contains(body, "AccessDenied: User: ") ||
		!strings.Contains(body, "sqs:sendmessage") {
		t.Errorf("got %d %s", status, body)
	}
	if got := observed.ofQueues(); !slices.Contains(got, "sqs:SendMessage denied") {
		t.Errorf("observed %q", got)
	}
}

func TestWhatFailsIsADeadLetterUntilItIsMovedBack(t *testing.T) {
	callee := newCallee(t)
	callee.broken.Store(true)
	a := serve(t, Options{}, queuesTemplate)
	client := a.sqs()
	bad := callee.message(t, "/bad")
	a.put("Jobs", bad)
	a.put("Jobs", callee.message(t, "/good"))
	calls := []string{callee.next(a), callee.next(a), callee.next(a)}
	if slices.Sort(calls); !slices.Equal(calls, []string{"/bad", "/bad", "/good"}) {
		t.Errorf("called %q", calls)
	}
	letters := queueURL("Letters")
	letter, err := client.ReceiveMessage(a.ctx(), &sqs.ReceiveMessageInput{QueueUrl: letters, WaitTimeSeconds: 10})
	if err != nil || len(letter.Messages) != 1 || *letter.Messages[0].Body != bad {
		t.Fatalf("the letter: %+v, %v", letter, err)
	}
	show := &sqs.ChangeMessageVisibilityInput{QueueUrl: letters, ReceiptHandle: letter.Messages[0].ReceiptHandle}
	if _, err := client.ChangeMessageVisibility(a.ctx(), show); err != nil {
		t.Fatal(err)
	}
	callee.broken.Store(false)
	move := &sqs.StartMessageMoveTaskInput{SourceArn: aws.String("arn:aws:sqs:us-east-1:000000000000:local-Letters")}
	if _, err := client.StartMessageMoveTask(a.ctx(), move); err != nil {
		t.Fatal(err)
	}
	if path := callee.next(a); path != "/bad" {
		t.Errorf("called %s after the letter was moved back", path)
	}
	a.awaitEmpty()
}

func TestMessagesOutliveTheStack(t *testing.T) {
	callee, dir := newCallee(t), t.TempDir()
	a := serve(t, Options{DataDir: dir}, paused())
	a.put("Jobs", callee.message(t, "/good"))
	a.close()
	if len(callee.calls) > 0 {
		t.Errorf("called %s through a mapping that is not enabled", <-callee.calls)
	}
	b := serve(t, Options{DataDir: dir}, queuesTemplate)
	if path := callee.next(b); path != "/good" {
		t.Errorf("called %s", path)
	}
	b.awaitEmpty()
	b.close()
	if err := Forget(t.Context(), Options{DataDir: dir}); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "queues*")); err != nil || len(left) > 0 {
		t.Errorf("left of the queues: %q, %v", left, err)
	}
}

// A function that hangs is cut off, and what it was about is not lost.
func TestWhatACloseCutsOffStaysInItsQueue(t *testing.T) {
	callee, dir := newCallee(t), t.TempDir()
	a := serve(t, Options{DataDir: dir}, queuesTemplate)
	a.put("Jobs", callee.message(t, "/held"))
	callee.next(a)
	a.close()
	b := serve(t, Options{DataDir: dir}, paused())
	_, text := b.send(b.s.endpoints.HTTP, http.MethodGet, metricsPath, "")
	if !strings.Contains(text, `aws_sqs_approximate_number_of_messages_not_visible{queue_name="local-Jobs"} 1`) {
		t.Errorf("metrics after a restart:\n%s", text)
	}
}

func TestAStackInMemoryKeepsNoMessages(t *testing.T) {
	a := serve(t, Options{DataDir: t.TempDir(), InMemory: true}, paused())
	a.put("Jobs", "x")
	a.close()
	if _, err := os.Stat(a.s.queueDir()); !os.IsNotExist(err) {
		t.Errorf("the queues' folder: %v", err)
	}
}

// Ctrl-C does not wait for somebody who waits for messages.
func TestCloseAnswersThoseWhoWaitForMessages(t *testing.T) {
	a := serve(t, Options{}, queuesTemplate)
	client, answered := a.sqs(), make(chan error, 1)
	go func() {
		in := &sqs.ReceiveMessageInput{QueueUrl: queueURL("Letters"), WaitTimeSeconds: 20}
		_, err := client.ReceiveMessage(context.Background(), in)
		answered <- err
	}()
	a.awaitEmpty() // the request before this one is on its way, at least
	a.close()
	<-answered // with an error, if it came too late
}

// What functions are told is what SQS itself says.
func TestTheURLOfAQueueIsThatOfTheTemplate(t *testing.T) {
	a := serve(t, Options{}, queuesTemplate)
	got, err := a.sqs().GetQueueUrl(a.ctx(), &sqs.GetQueueUrlInput{QueueName: aws.String("local-Jobs")})
	if err != nil {
		t.Fatal(err)
	}
	if told := a.s.system.Function("Fn").Environment["QUEUE_URL"]; *got.QueueUrl != told || told != *queueURL("Jobs") {
		t.Errorf("SQS says %s, the function is told %s", *got.QueueUrl, told)
	}
}
