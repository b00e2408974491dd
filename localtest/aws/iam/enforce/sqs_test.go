package enforce

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const queueARN = "arn:aws:sqs:us-east-1:000000000000:"

// redrives says whose dead letters are where.
var redrives = map[string][]string{queueARN + "letters": {queueARN + "jobs", queueARN + "mails"}}

func (d *door) sqs(t *testing.T, key string) *sqs.Client {
	t.Helper()
	return sqs.NewFromConfig(config(t, key, d.SQS(redrives, http.HandlerFunc(d.service))),
		func(o *sqs.Options) { o.DisableMessageChecksumValidation = true }) // the service answers {}
}

func TestSQSOperationsTakeTheirActions(t *testing.T) {
	jobs, handle := aws.String("https://sqs.us-east-1.amazonaws.com/000000000000/jobs"), aws.String("h")
	letters := aws.String(queueARN + "letters")
	move := func() []string {
		return []string{"StartMessageMoveTask letters", "ReceiveMessage letters", "DeleteMessage letters", "GetQueueAttributes letters"}
	}
	for operation, row := range map[string]struct {
		call func(context.Context, *sqs.Client) error
		want []string // actions and names of queues
	}{
		"SendMessage": {func(ctx context.Context, c *sqs.Client) error {
			_, err := c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: jobs, MessageBody: aws.String("b")})
			return err
		}, []string{"SendMessage jobs"}},
		"a URL on this machine": {func(ctx context.Context, c *sqs.Client) error {
			_, err := c.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: aws.String("http://127.0.0.1:3003/000000000000/jobs")})
			return err
		}, []string{"PurgeQueue jobs"}},
		"SendMessageBatch": {func(ctx context.Context, c *sqs.Client) error {
			entries := []types.SendMessageBatchRequestEntry{{Id: aws.String("1"), MessageBody: aws.String("b")}}
			_, err := c.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: jobs, Entries: entries})
			return err
		}, []string{"SendMessage jobs"}},
		"DeleteMessageBatch": {func(ctx context.Context, c *sqs.Client) error {
			entries := []types.DeleteMessageBatchRequestEntry{{Id: aws.String("1"), ReceiptHandle: handle}}
			_, err := c.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: jobs, Entries: entries})
			return err
		}, []string{"DeleteMessage jobs"}},
		"ChangeMessageVisibility": {func(ctx context.Context, c *sqs.Client) error {
			_, err := c.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: jobs, ReceiptHandle: handle})
			return err
		}, []string{"ChangeMessageVisibility jobs"}},
		"GetQueueUrl": {func(ctx context.Context, c *sqs.Client) error {
			_, err := c.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("jobs")})
			return err
		}, []string{"GetQueueUrl jobs"}},
		"StartMessageMoveTask to one": {func(ctx context.Context, c *sqs.Client) error {
			_, err := c.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{
				SourceArn: letters, DestinationArn: aws.String(queueARN + "others"),
			})
			return err
		}, append(move(), "SendMessage others")},
		"StartMessageMoveTask back": {func(ctx context.Context, c *sqs.Client) error {
			_, err := c.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: letters})
			return err
		}, append(move(), "SendMessage jobs", "SendMessage mails")},
	} {
		t.Run(operation, func(t *testing.T) {
			for _, word := range []string{"may not", "may"} {
				d := newDoor()
				if word == "may" {
					d = newDoor(allow("sqs:*", queueARN+"*"))
				}
				err := row.call(t.Context(), d.sqs(t, "AKIDFN"))
				action, queue, _ := strings.Cut(row.want[0], " ")
				action = "sqs:" + strings.ToLower(action)
				checkDenied(t, word == "may not", err, http.StatusForbidden, "AccessDenied",
					"User: arn:aws:sts::000000000000:assumed-role/FnRole/fn is not authorized to perform: "+action+
						" on resource: "+queueARN+queue+" because no identity-based policy allows the "+action+" action")
				var want []string
				for _, w := range row.want {
					action, queue, _ := strings.Cut(w, " ")
					want = append(want, "Fn "+word+" sqs:"+action+" "+queueARN+queue)
				}
				if !slices.Equal(d.seen, want) {
					t.Errorf("seen %q, want %q", d.seen, want)
				}
				if passes := word == "may"; passes != (d.passed == 1) {
					t.Errorf("%d requests passed", d.passed)
				}
			}
		})
	}
}

func TestWhatIsNotKnownOfSQSIsRefused(t *testing.T) {
	d := newDoor(allow("sqs:*", "*"))
	client := d.sqs(t, "AKIDFN")
	_, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("q")})
	checkDenied(t, true, err, http.StatusForbidden, "AccessDenied", `the rights that "CreateQueue" needs are not known`)
	for _, url := range []string{"", "jobs", "https://host/jobs", "https://host/a/b/c", "https://host//jobs", "https://host/0/", ":"} {
		_, err = client.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &url})
		checkDenied(t, true, err, http.StatusForbidden, "AccessDenied", "PurgeQueue names no queue")
	}
	if want := "Fn may not sqs:CreateQueue *"; d.seen[0] != want || d.seen[1] != "Fn may not sqs:PurgeQueue *" {
		t.Errorf("seen %q, want %q first", d.seen, want)
	}
	_, err = d.sqs(t, "AKIDWHO").PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: aws.String("https://host/0/jobs")})
	checkDenied(t, true, err, http.StatusForbidden, "InvalidClientTokenId", "token included in the request is invalid")
	if d.passed != 0 {
		t.Errorf("%d requests passed", d.passed)
	}
}

// FuzzSQSRequests: what is not a known caller's call on a named queue is refused, and nothing panics.
func FuzzSQSRequests(f *testing.F) {
	f.Add("SendMessage", []byte(`{"QueueUrl":"https://host/0/q","MessageBody":"b"}`))
	f.Add("StartMessageMoveTask", []byte(`{"SourceArn":"`+queueARN+`letters"}`))
	f.Add("ListQueues", []byte(`{}`))
	f.Add("GetQueueUrl", []byte(`{"QueueName":5}`))
	f.Add("", []byte(`null`))
	f.Fuzz(func(t *testing.T, operation string, body []byte) {
		d := newDoor(allow("*", "*"))
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
		r.Header["Authorization"] = []string{"AWS4-HMAC-SHA256 Credential=AKIDFN/20260101/us-east-1/sqs/aws4_request"}
		r.Header["X-Amz-Target"] = []string{"AmazonSQS." + operation}
		w := httptest.NewRecorder()
		d.SQS(redrives, http.HandlerFunc(d.service)).ServeHTTP(w, r)
		if (d.passed == 1) != (w.Code == http.StatusOK) || len(d.seen) == 0 {
			t.Errorf("%d passed, %d, seen %q", d.passed, w.Code, d.seen)
		}
		for _, line := range d.seen {
			if d.passed == 1 && !strings.HasPrefix(line, "Fn may sqs:") {
				t.Errorf("passed, seen %q", line)
			}
		}
	})
}
