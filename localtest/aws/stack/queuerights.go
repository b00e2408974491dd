package stack

import (
	"context"
	"fmt"
	"net/http"

	"serverlesschat/localtest/aws/queues"
	"serverlesschat/localtest/aws/template"
)

// judgedQueues is the way of functions to the queues.
func (s *Stack) judgedQueues() http.Handler {
	if s.rights == nil {
		return s.queues
	}
	sources := map[string][]string{}
	for _, q := range s.system.Queues {
		if letters := s.system.Queue(q.DeadLetters).ARN; letters != "" {
			sources[letters] = append(sources[letters], q.ARN)
		}
	}
	handler := http.Handler(s.queues)
	if s.options.QueueFront != nil {
		handler = s.options.QueueFront(handler)
	}
	return s.rights.SQS(sources, handler)
}

// What Lambda does with a queue for a mapping (Lambda Developer Guide, "Using Lambda with Amazon SQS").
const (
	receiveMessage     = "sqs:ReceiveMessage"
	deleteMessage      = "sqs:DeleteMessage"
	getQueueAttributes = "sqs:GetQueueAttributes"
)

// mayHaveQueueMapping is what AWS asks of the function's role before it makes a mapping from a queue. Texts: field,
// aws/aws-cdk issue 6770, functionalone/serverless-iam-roles-per-function issue 21.
func (s *Stack) mayHaveQueueMapping(m template.QueueMapping) error {
	if s.rights == nil {
		return nil
	}
	for _, action := range []string{receiveMessage, deleteMessage, getQueueAttributes} {
		if err := s.rights.MayEver(m.Function, action, s.system.Queue(m.Queue).ARN); err != nil {
			return fmt.Errorf("template.yaml:%d: %s: the provided execution role does not have permissions to call "+
				"%s on SQS: %w", m.Line, m.LogicalID, action[len("sqs:"):], err)
		}
	}
	return nil
}

// judgedInvokeForQueue is invokeForQueue for a mapping that has been made. Its role allows what Lambda does, so only the
// observer is told. Lambda receives whether or not there are messages, and deletes those that a function has done.
func (s *Stack) judgedInvokeForQueue(m template.QueueMapping) queues.InvokeFunc {
	if s.rights == nil {
		return s.invokeForQueue
	}
	arn := s.system.Queue(m.Queue).ARN
	_ = s.rights.Check(m.Function, getQueueAttributes, arn)
	_ = s.rights.Check(m.Function, receiveMessage, arn)
	return func(ctx context.Context, function, source string, payload []byte) (queues.Response, error) {
		r, err := s.invokeForQueue(ctx, function, source, payload)
		if err == nil && r.FunctionError == "" {
			_ = s.rights.Check(m.Function, deleteMessage, arn)
		}
		return r, err
	}
}
