package stack

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/localtest/aws/iam"
)

// queuesTemplate has testdata/function behind an HTTP API, which sends, and behind a queue with a dead-letter queue.
const queuesTemplate = `Transform: AWS::Serverless-2016-10-31
Parameters:
  Architecture: {Type: String}
  ManagementEndpoint: {Type: String}
  LambdaEndpoint: {Type: String}
  DynamoDBEndpoint: {Type: String, Default: ""}
  SQSEndpoint: {Type: String}
Resources:
  Rest:
    Type: AWS::Serverless::HttpApi
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Letters.Arn, maxReceiveCount: 2}
  Letters:
    Type: AWS::SQS::Queue
  Fn:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: go1.x}
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Architectures: [!Ref Architecture]
      Timeout: 30
      Role: !GetAtt FnRole.Arn
      Environment: {Variables: {AWS_ENDPOINT_URL_SQS: !Ref SQSEndpoint, QUEUE_URL: !Ref Jobs}}
      Events:
        All: {Type: HttpApi, Properties: {ApiId: !Ref Rest}}
        Work:
          Type: SQS
          Properties: {Queue: !GetAtt Jobs.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}
  FnRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}
      Policies:
        - PolicyName: rights
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: [sqs:SendMessage, sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ChangeMessageVisibility]
                Resource: !GetAtt Jobs.Arn
`

// sqs is a client of the stack's queues as a developer's tools are: no role is asked.
func (a *apis) sqs() *sqs.Client {
	return sqs.New(sqs.Options{
		BaseEndpoint: &a.s.endpoints.SQS, Region: "us-east-1", HTTPClient: http.DefaultClient,
		Credentials: credentials.NewStaticCredentialsProvider("DEVELOPER", "secret", ""),
	})
}

// queueURL is what the template's !Ref gives.
func queueURL(logicalID string) *string {
	return aws.String("https://sqs.us-east-1.amazonaws.com/000000000000/local-" + logicalID)
}

// callee is what the function calls for its messages.
type callee struct {
	*httptest.Server
	calls  chan string // paths
	broken atomic.Bool // the path /bad is answered 500
}

func newCallee(t *testing.T) *callee {
	c := &callee{calls: make(chan string, 100)}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" && c.broken.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
		c.calls <- r.URL.Path
	}))
	t.Cleanup(c.Close)
	return c
}

// message is one that has the function call a path.
func (c *callee) message(t *testing.T, path string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"do": "call", "text": c.URL + path})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// next returns the next call's path.
func (c *callee) next(a *apis) string {
	a.t.Helper()
	select {
	case path := <-c.calls:
		return path
	case <-a.ctx().Done():
		a.t.Fatalf("no call came: %s", a.log)
		return ""
	}
}

// awaitEmpty waits until metrics say that no queue has a message.
func (a *apis) awaitEmpty() {
	a.t.Helper()
	ctx := a.ctx()
	for {
		_, text := a.send(a.s.endpoints.HTTP, http.MethodGet, metricsPath, "")
		if !strings.Contains(text, "aws_sqs_approximate_number_of_messages_visible{queue_name=\"local-Jobs\"}") {
			a.t.Fatalf("no metrics of the queue in\n%s", text)
		}
		busy := slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool {
			return strings.HasPrefix(line, "aws_sqs_") && !strings.HasSuffix(line, " 0")
		})
		if !busy {
			return
		}
		if ctx.Err() != nil {
			a.t.Fatalf("there are messages still:\n%s", text)
		}
	}
}

// decisions gathers what an observer is told.
type decisions struct {
	mu   sync.Mutex
	seen []string
}

func (r *decisions) observe(c iam.Call, d iam.Decision) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if line := c.Action + map[bool]string{true: "", false: " denied"}[d == iam.Allow]; !slices.Contains(r.seen, line) {
		r.seen = append(r.seen, line)
	}
}

func (r *decisions) ofQueues() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(func(yield func(string) bool) {
		for _, line := range r.seen {
			if strings.HasPrefix(line, "sqs:") && !yield(line) {
				return
			}
		}
	})
}

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
	a := serve(t, Options{Rights: observed.observe}, strings.Replace(queuesTemplate, "sqs:SendMessage, ", "", 1))
	status, _, body := a.post(a.s.endpoints.HTTP+"/a", `{"do":"send","text":"x"}`)
	if status != http.StatusBadGateway || !strings.Contains(body, "AccessDenied: User: ") || !strings.Contains(body, "sqs:sendmessage") {
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
	bad, good := callee.message(t, "/bad"), callee.message(t, "/good")
	for _, body := range []string{bad, good} {
		if _, err := client.SendMessage(a.ctx(), &sqs.SendMessageInput{QueueUrl: queueURL("Jobs"), MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
	calls := []string{callee.next(a), callee.next(a), callee.next(a)}
	if slices.Sort(calls); !slices.Equal(calls, []string{"/bad", "/bad", "/good"}) {
		t.Errorf("called %q", calls)
	}
	letter, err := client.ReceiveMessage(a.ctx(), &sqs.ReceiveMessageInput{QueueUrl: queueURL("Letters"), WaitTimeSeconds: 10})
	if err != nil || len(letter.Messages) != 1 || *letter.Messages[0].Body != bad {
		t.Fatalf("the letter: %+v, %v", letter, err)
	}
	if _, err := client.ChangeMessageVisibility(a.ctx(), &sqs.ChangeMessageVisibilityInput{
		QueueUrl: queueURL("Letters"), ReceiptHandle: letter.Messages[0].ReceiptHandle,
	}); err != nil {
		t.Fatal(err)
	}
	callee.broken.Store(false)
	if _, err := client.StartMessageMoveTask(a.ctx(), &sqs.StartMessageMoveTaskInput{
		SourceArn: aws.String("arn:aws:sqs:us-east-1:000000000000:local-Letters"),
	}); err != nil {
		t.Fatal(err)
	}
	if path := callee.next(a); path != "/bad" {
		t.Errorf("called %s after the letter was moved back", path)
	}
	a.awaitEmpty()
}

func TestMessagesOutliveTheStack(t *testing.T) {
	callee, dir := newCallee(t), t.TempDir()
	paused := strings.Replace(queuesTemplate, "Properties: {Queue:", "Properties: {Enabled: false, Queue:", 1)
	a := serve(t, Options{DataDir: dir}, paused)
	body := callee.message(t, "/good")
	if _, err := a.sqs().SendMessage(a.ctx(), &sqs.SendMessageInput{QueueUrl: queueURL("Jobs"), MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
	a.close()
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

func TestAStackInMemoryKeepsNoMessages(t *testing.T) {
	dir := t.TempDir()
	paused := strings.Replace(queuesTemplate, "Properties: {Queue:", "Properties: {Enabled: false, Queue:", 1)
	a := serve(t, Options{DataDir: dir, InMemory: true}, paused)
	if _, err := a.sqs().SendMessage(a.ctx(), &sqs.SendMessageInput{QueueUrl: queueURL("Jobs"), MessageBody: aws.String("x")}); err != nil {
		t.Fatal(err)
	}
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
		_, err := client.ReceiveMessage(context.WithoutCancel(t.Context()), &sqs.ReceiveMessageInput{QueueUrl: queueURL("Letters"), WaitTimeSeconds: 20})
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
	if told := a.s.function("Fn").Environment["QUEUE_URL"]; *got.QueueUrl != told || told != *queueURL("Jobs") {
		t.Errorf("SQS says %s, the function is told %s", *got.QueueUrl, told)
	}
}
