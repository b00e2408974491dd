package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// send puts a message into the function's queue.
func send(ctx context.Context, body string) (any, error) {
	queue, err := newQueue(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := queue.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: queueURL(), MessageBody: &body}); err != nil {
		return reply{StatusCode: http.StatusBadGateway, Body: err.Error()}, nil
	}
	return reply{StatusCode: http.StatusOK}, nil
}

// work does each message of a batch: it calls the URL that the message names. One whose call fails is to come again at
// once.
func work(ctx context.Context, records []events.SQSMessage) (any, error) {
	queue, err := newQueue(ctx)
	if err != nil {
		return nil, err
	}
	var failed events.SQSEventResponse
	for _, r := range records {
		var o order
		if err := json.Unmarshal([]byte(r.Body), &o); err != nil {
			return nil, err
		}
		if call(ctx, o.Text) == nil {
			continue
		}
		failed.BatchItemFailures = append(failed.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: r.MessageId})
		if _, err := queue.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
			QueueUrl: queueURL(), ReceiptHandle: &r.ReceiptHandle, VisibilityTimeout: 0,
		}); err != nil {
			return nil, err
		}
	}
	return failed, nil
}

func queueURL() *string { return aws.String(os.Getenv("QUEUE_URL")) }

func newQueue(ctx context.Context) (*sqs.Client, error) {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	return sqs.NewFromConfig(c), nil
}
