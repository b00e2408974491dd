package queues_test

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func errorStatements() []statement {
	return []statement{
		{"codes of errors", oneQueue(), refusedWithCode},
		{"errors of the API model have their types", oneQueue(), modelledErrors},
	}
}

func refusedWithCode(w world) {
	url := aws.String(w.url("work"))
	handle := aws.String("no-handle")
	for _, c := range []struct {
		name, code string
		call       func(context.Context) error
	}{
		{"a delay of 901 s", "InvalidParameterValue", func(ctx context.Context) error {
			_, err := w.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: url, DelaySeconds: 901})
			return err
		}},
		{"a delay of -1 s", "InvalidParameterValue", func(ctx context.Context) error {
			_, err := w.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: url, DelaySeconds: -1})
			return err
		}},
		{"11 messages", "InvalidParameterValue", func(ctx context.Context) error {
			_, err := w.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 11})
			return err
		}},
		{"a wait of 21 s", "InvalidParameterValue", func(ctx context.Context) error {
			_, err := w.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 21})
			return err
		}},
		{"a visibility timeout of 43201 s", "InvalidParameterValue", func(ctx context.Context) error {
			_, err := w.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, VisibilityTimeout: 43201})
			return err
		}},
		{"a delete by what is no handle", "ReceiptHandleIsInvalid", func(ctx context.Context) error {
			_, err := w.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: handle})
			return err
		}},
		{"a change by what is no handle", "ReceiptHandleIsInvalid", func(ctx context.Context) error {
			_, err := w.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: handle})
			return err
		}},
		{"an attribute that queues have not", "InvalidAttributeName", func(ctx context.Context) error {
			_, err := w.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url,
				AttributeNames: []types.QueueAttributeName{"Colour"}})
			return err
		}},
		{"a queue that is not there by URL", "AWS.SimpleQueueService.NonExistentQueue", func(ctx context.Context) error {
			_, err := w.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(*url + "-not"), MessageBody: url})
			return err
		}},
		{"a queue that is not there by name", "AWS.SimpleQueueService.NonExistentQueue", func(ctx context.Context) error {
			_, err := w.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("nowhere")})
			return err
		}},
	} {
		w.part(c.name, func(w world) {
			if err := c.call(w.t.Context()); code(err) != c.code {
				w.t.Errorf("%v, want %s", err, c.code)
			}
		})
	}
}

func modelledErrors(w world) {
	_, err := w.GetQueueUrl(w.t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("nowhere")})
	if want := new(types.QueueDoesNotExist); !errors.As(err, &want) {
		w.t.Errorf("%v, want QueueDoesNotExist", err)
	}
	_, err = w.DeleteMessage(w.t.Context(), &sqs.DeleteMessageInput{QueueUrl: aws.String(w.url("work")), ReceiptHandle: aws.String("x")})
	if want := new(types.ReceiptHandleIsInvalid); !errors.As(err, &want) {
		w.t.Errorf("%v, want ReceiptHandleIsInvalid", err)
	}
}
