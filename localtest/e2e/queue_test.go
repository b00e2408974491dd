package e2e

import (
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/localtest/aws/engine"
)

// receive waits for a message in a queue of the template, and returns its body.
func (w *world) receive(logicalID string) string {
	w.Helper()
	name := ""
	for _, q := range w.stack.System().Queues {
		if q.LogicalID == logicalID {
			name = q.Name
		}
	}
	client := sqs.NewFromConfig(engine.Config(w.stack.Endpoints().SQS))
	queue, err := client.GetQueueUrl(w.ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		w.Fatal(err)
	}
	for {
		out, err := client.ReceiveMessage(w.ctx, &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, WaitTimeSeconds: 20})
		if err != nil {
			w.Fatalf("no message in %s: %v", logicalID, err)
		}
		if len(out.Messages) > 0 {
			return *out.Messages[0].Body
		}
	}
}
