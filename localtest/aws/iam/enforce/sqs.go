package enforce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"serverlesschat/localtest/aws/iam"
)

// maxSQSRequest is more than SQS takes in one request: 1 MiB of messages, each byte of which JSON may write as \u0000.
const maxSQSRequest = 8 << 20

// SQS stands before SQS. Sources are the ARNs of the queues that have a queue as their dead-letter queue, by its ARN.
func (e *Enforcer) SQS(sources map[string][]string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSQSRequest))
		if err != nil {
			refuseSQS(w, "AccessDenied", "read request: "+err.Error())
			return
		}
		p, known := e.caller(r)
		if !known {
			refuseSQS(w, "InvalidClientTokenId", unknownToken)
			return
		}
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		accesses, err := e.sqsAccesses(operation, body, sources)
		if err != nil {
			e.opts.Observe(iam.Call{Function: p.Function, Action: "sqs:" + operation, Resource: "*"}, iam.ImplicitDeny)
			refuseSQS(w, "AccessDenied", err.Error())
			return
		}
		if err := e.judgeAll(p, accesses); err != nil {
			refuseSQS(w, "AccessDenied", inLowerCase(err, accesses))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// sqsRequest has the members that name queues, of all operations that are judged.
type sqsRequest struct {
	QueueURL       string `json:"QueueUrl"`
	QueueName      string
	SourceArn      string
	DestinationArn string
}

// sqsAccesses returns what an operation takes (Service Authorization Reference, "Amazon SQS"). A batch has the action
// of its single operation (aws/serverless-application-model issue 3633). A move task is run under its caller's rights
// (Amazon SQS Developer Guide, "Configure queue permissions for a dead-letter queue redrive").
func (e *Enforcer) sqsAccesses(operation string, body []byte, sources map[string][]string) ([]access, error) {
	var request sqsRequest
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, fmt.Errorf("decode request: %w", err)
	}
	one := func(resource string) ([]access, error) {
		if resource == "" {
			return nil, fmt.Errorf("%s names no queue", operation)
		}
		return []access{{"sqs:" + strings.TrimSuffix(operation, "Batch"), resource}}, nil
	}
	switch operation {
	case "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility",
		"SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch",
		"GetQueueAttributes", "SetQueueAttributes", "PurgeQueue", "ListDeadLetterSourceQueues":
		return one(e.queueARN(request.QueueURL))
	case "GetQueueUrl":
		return one(e.queueARN("/" + e.opts.AccountID + "/" + request.QueueName))
	case "ListQueues":
		return one("*")
	case "ListMessageMoveTasks":
		return one(request.SourceArn)
	case "StartMessageMoveTask":
		return moveAccesses(request, sources)
	}
	return nil, fmt.Errorf("the rights that %q needs are not known to the local stack; "+
		"add the operation in localtest/aws/iam/enforce/sqs.go", operation)
}

// moveAccesses: without a destination the messages go back to where they were dead letters of.
func moveAccesses(request sqsRequest, sources map[string][]string) (all []access, err error) {
	if request.SourceArn == "" {
		return nil, fmt.Errorf("StartMessageMoveTask names no queue")
	}
	for _, action := range []string{"StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} {
		all = append(all, access{"sqs:" + action, request.SourceArn})
	}
	destinations := sources[request.SourceArn]
	if request.DestinationArn != "" {
		destinations = []string{request.DestinationArn}
	}
	for _, destination := range destinations {
		all = append(all, access{"sqs:SendMessage", destination})
	}
	return all, nil
}

// queueARN returns the ARN of the queue at a URL, whose path is /ACCOUNT/NAME, and "" for any other.
func (e *Enforcer) queueARN(queueURL string) string {
	u, err := url.Parse(queueURL)
	if err != nil {
		return ""
	}
	account, name, ok := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if !ok || account == "" || name == "" || strings.Contains(name, "/") {
		return ""
	}
	return fmt.Sprintf("arn:aws:sqs:%s:%s:%s", e.opts.Region, account, name)
}

// inLowerCase writes the actions as SQS does in its messages (RaiderIO/keystone.guru issue 3901: "sqs:receivemessage").
func inLowerCase(denied error, accesses []access) string {
	text := denied.Error()
	for _, a := range accesses {
		text = strings.ReplaceAll(text, a.action, strings.ToLower(a.action))
	}
	return text
}

// refuseSQS answers as SQS does. SDKs take the error's name from the header: it is that of the query protocol, which
// SQS had before (Smithy 2.0, "awsQueryCompatible trait"). Names and 403: argoproj/notifications-engine issue 382, and
// the issue above.
func refuseSQS(w http.ResponseWriter, name, message string) {
	body, _ := json.Marshal(map[string]string{ // of text alone: it cannot fail
		"__type": "com.amazon.coral.service#" + name, "message": message,
	})
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-Query-Error", name+";Sender")
	w.WriteHeader(http.StatusForbidden)
	_, _ = w.Write(body)
}
