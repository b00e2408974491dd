package stack

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
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
const queuesTemplate = templateHead + `  Rest:
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
` + roleHead + `              - Effect: Allow
                Action:
                  - sqs:SendMessage
                  - sqs:ReceiveMessage
                  - sqs:DeleteMessage
                  - sqs:GetQueueAttributes
                  - sqs:ChangeMessageVisibility
                Resource: !GetAtt Jobs.Arn
`

// paused is queuesTemplate with a mapping that does nothing yet.
func paused() string {
	return strings.Replace(queuesTemplate, "Properties: {Queue:", "Properties: {Enabled: false, Queue:", 1)
}

// sqs is a client of the stack's queues as a developer's tools are: no role is asked.
func (a *apis) sqs() *sqs.Client {
	return sqs.New(sqs.Options{
		BaseEndpoint: &a.s.endpoints.SQS, Region: "us-east-1", HTTPClient: http.DefaultClient,
		Credentials: credentials.NewStaticCredentialsProvider("DEVELOPER", "secret", ""),
	})
}

// put sends a message to a queue.
func (a *apis) put(logicalID, body string) {
	a.t.Helper()
	in := &sqs.SendMessageInput{QueueUrl: queueURL(logicalID), MessageBody: &body}
	if _, err := a.sqs().SendMessage(a.ctx(), in); err != nil {
		a.t.Fatal(err)
	}
}

// queueURL is what the template's !Ref gives.
func queueURL(logicalID string) *string {
	return aws.String("https://sqs.us-east-1.amazonaws.com/000000000000/local-" + logicalID)
}

// callee is what the function calls for its messages.
type callee struct {
	*httptest.Server
	calls   chan string   // paths
	broken  atomic.Bool   // the path /bad is answered 500
	release chan struct{} // the path /held is answered when it is closed
}

func newCallee(t *testing.T) *callee {
	c := &callee{calls: make(chan string, 100), release: make(chan struct{})}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" && c.broken.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
		c.calls <- r.URL.Path
		if r.URL.Path == "/held" {
			<-c.release
		}
	}))
	t.Cleanup(c.Close)
	t.Cleanup(func() { close(c.release) }) // before: Close waits for answers
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
		if !strings.Contains(text, `aws_sqs_approximate_number_of_messages_visible{queue_name="local-Jobs"}`) {
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
	line := c.Action
	if d != iam.Allow {
		line += " denied"
	}
	if !slices.Contains(r.seen, line) {
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
