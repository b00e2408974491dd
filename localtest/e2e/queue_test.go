package e2e

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"serverlesschat/localtest/aws/engine"
)

// queue returns a client of the stack's queues, and the URL of one of them.
func (w *world) queue(logicalID string) (*sqs.Client, *string) {
	w.Helper()
	name := w.stack.System().Queue(logicalID).Name
	if name == "" {
		w.Fatalf("there is no queue %s", logicalID)
	}
	client := sqs.NewFromConfig(engine.Config(w.stack.Endpoints().SQS))
	out, err := client.GetQueueUrl(w.ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		w.Fatal(err)
	}
	return client, out.QueueUrl
}

// queued counts the messages of a queue, also those that are not to be seen now.
func (w *world) queued(logicalID string) (n int) {
	w.Helper()
	client, url := w.queue(logicalID)
	out, err := client.GetQueueAttributes(w.ctx, &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		w.Fatal(err)
	}
	for name, value := range out.Attributes {
		if strings.HasPrefix(name, "ApproximateNumberOfMessages") {
			var count int
			_, _ = fmt.Sscan(value, &count)
			n += count
		}
	}
	return n
}

// hasJob puts a job for a room into the queue.
func (w *world) hasJob(room string) {
	w.Helper()
	w.sendsJob("Jobs", fmt.Sprintf(`{"job":"pushRoom","room_id":%q}`, w.room(room)))
}

// sendsJob puts a job into a queue.
func (w *world) sendsJob(logicalID, body string) {
	w.Helper()
	client, url := w.queue(logicalID)
	if _, err := client.SendMessage(w.ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: &body}); err != nil {
		w.Fatal(err)
	}
}

// receive waits for a message in a queue of the template, and returns its body.
func (w *world) receive(logicalID string) string {
	w.Helper()
	client, url := w.queue(logicalID)
	for {
		out, err := client.ReceiveMessage(w.ctx, &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20})
		if err != nil {
			w.Fatalf("no message in %s: %v", logicalID, err)
		}
		if len(out.Messages) > 0 {
			return *out.Messages[0].Body
		}
	}
}
