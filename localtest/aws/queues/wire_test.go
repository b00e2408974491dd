package queues_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"serverlesschat/localtest/aws/queues"
)

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// post sends a request as an SDK does, and returns the answer with its body.
func post(t *testing.T, handler http.Handler, target, body string) (*http.Response, string) {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", target)
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(b)
}

// The texts are AWS's, as recorded or reported, where the package's comment does not say otherwise.
func TestErrorsAreSentAsAWSDoes(t *testing.T) {
	s := open(t, config(t.TempDir(), append(deadLetters(1), queues.Queue{Name: "small", MaximumMessageSize: 1024})...))
	const work = `"QueueUrl":"http://x/000000000000/work"`
	for _, c := range []struct {
		operation, input string
		status           int
		code, body       string
	}{
		{"SendMessage", `{"QueueUrl":"http://x/000000000000/none","MessageBody":"x"}`, 400, "AWS.SimpleQueueService.NonExistentQueue;Sender",
			`{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}`},
		{"SendMessage", `{"QueueUrl":"http://x/111111111111/work","MessageBody":"x"}`, 400, "AWS.SimpleQueueService.NonExistentQueue;Sender",
			`{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}`},
		{"SendMessage", `{"QueueUrl":"work","MessageBody":"x"}`, 400, "AWS.SimpleQueueService.NonExistentQueue;Sender",
			`{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}`},
		{"SendMessage", `{"MessageBody":"x"}`, 400, "MissingParameter;Sender",
			`{"__type":"com.amazon.coral.service#MissingRequiredParameterException","message":"The request must contain the parameter QueueUrl."}`},
		{"SendMessage", `{` + work + `}`, 400, "MissingParameter;Sender",
			`{"__type":"com.amazon.coral.service#MissingRequiredParameterException","message":"The request must contain the parameter MessageBody."}`},
		{"SendMessage", `{` + work + `,"MessageBody":"\u0000"}`, 400, "InvalidMessageContents;Sender",
			`{"__type":"com.amazonaws.sqs#InvalidMessageContents","message":"The message has the character #x0, which is outside the allowed set."}`},
		{"SendMessage", `{` + work + `,"MessageBody":"x","DelaySeconds":901}`, 400, "InvalidParameterValue;Sender",
			`{"__type":"com.amazon.coral.service#InvalidParameterValueException","message":"Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be \u003e= 0 and \u003c= 900."}`},
		{"SendMessage", `{"QueueUrl":"http://x/000000000000/small","MessageBody":"` + strings.Repeat("x", 1025) + `"}`, 400, "InvalidParameterValue;Sender",
			`{"__type":"com.amazon.coral.service#InvalidParameterValueException","message":"One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."}`},
		{"ReceiveMessage", `{` + work + `,"MaxNumberOfMessages":11}`, 400, "InvalidParameterValue;Sender",
			`{"__type":"com.amazon.coral.service#InvalidParameterValueException","message":"Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."}`},
		{"ReceiveMessage", `{` + work + `,"AttributeNames":["Colour"]}`, 400, "InvalidAttributeName;Sender",
			`{"__type":"com.amazonaws.sqs#InvalidAttributeName","message":"Unknown Attribute Colour."}`},
		{"DeleteMessage", `{` + work + `,"ReceiptHandle":"x"}`, 400, "ReceiptHandleIsInvalid;Sender",
			`{"__type":"com.amazonaws.sqs#ReceiptHandleIsInvalid","message":"The input receipt handle \"x\" is not a valid receipt handle."}`},
		{"DeleteMessage", `{` + work + `}`, 400, "MissingParameter;Sender",
			`{"__type":"com.amazon.coral.service#MissingRequiredParameterException","message":"The request must contain the parameter ReceiptHandle."}`},
		{"ChangeMessageVisibility", `{` + work + `,"ReceiptHandle":"x"}`, 400, "MissingParameter;Sender",
			`{"__type":"com.amazon.coral.service#MissingRequiredParameterException","message":"The request must contain the parameter VisibilityTimeout."}`},
		{"StartMessageMoveTask", `{"SourceArn":"` + arn("work") + `"}`, 400, "InvalidParameterValue;Sender",
			`{"__type":"com.amazon.coral.service#InvalidParameterValueException","message":"Source queue must be configured as a Dead Letter Queue."}`},
		{"StartMessageMoveTask", `{"SourceArn":"` + arn("none") + `"}`, 404, "ResourceNotFoundException;Sender",
			`{"__type":"com.amazonaws.sqs#ResourceNotFoundException","message":"The resource that you specified for the SourceArn parameter doesn't exist."}`},
		{"StartMessageMoveTask", `{"SourceArn":"` + arn("dead") + `","DestinationArn":"` + arn("none") + `"}`, 404, "ResourceNotFoundException;Sender",
			`{"__type":"com.amazonaws.sqs#ResourceNotFoundException","message":"The resource that you specified for the DestinationArn parameter doesn't exist."}`},
		{"SendMessage", `{` + work + `,"MessageBody":1}`, 400, "MalformedInput;Sender",
			`{"__type":"com.amazon.coral.service#SerializationException","message":"json: cannot unmarshal number into Go struct field sendMessageInput.MessageBody of type string"}`},
		// What AWS has, and is not here.
		{"SendMessage", `{` + work + `,"MessageBody":"x","MessageAttributes":{}}`, 400, "AWS.SimpleQueueService.UnsupportedOperation;Sender",
			`{"__type":"com.amazonaws.sqs#UnsupportedOperation","message":"the local SQS has no member \"MessageAttributes\" of SendMessage"}`},
		{"PurgeQueue", `{` + work + `}`, 400, "AWS.SimpleQueueService.UnsupportedOperation;Sender",
			`{"__type":"com.amazonaws.sqs#UnsupportedOperation","message":"the local SQS has no operation PurgeQueue"}`},
	} {
		response, body := post(t, s, "AmazonSQS."+c.operation, c.input)
		if response.StatusCode != c.status || response.Header.Get("x-amzn-query-error") != c.code || body != c.body {
			t.Errorf("%s %s: %d %s\n%s\nwant %d %s\n%s", c.operation, c.input, response.StatusCode, response.Header.Get("x-amzn-query-error"),
				body, c.status, c.code, c.body)
		}
		expectHeaders(t, response)
	}
}

func expectHeaders(t *testing.T, response *http.Response) {
	t.Helper()
	if got := response.Header.Get("Content-Type"); got != "application/x-amz-json-1.0" {
		t.Errorf("Content-Type is %q", got)
	}
	if got := response.Header.Get("x-amzn-RequestId"); !uuidForm.MatchString(got) {
		t.Errorf("x-amzn-RequestId is %q", got)
	}
}

func TestAnswersHaveTheFormOfAWS(t *testing.T) {
	s := open(t, config(t.TempDir(), oneQueue()...))
	const work = `{"QueueUrl":"http://x/000000000000/work"`
	for _, c := range []struct{ operation, input, form string }{
		{"SendMessage", work + `,"MessageBody":"x"}`, `{"MessageId":"[0-9a-f-]{36}","MD5OfMessageBody":"9dd4e461268c8034f5c8564e155c67a6"}`},
		{"ReceiveMessage", work + `}`, `{"Messages":\[{"MessageId":"[0-9a-f-]{36}","ReceiptHandle":"[^"]+","Body":"x","MD5OfBody":"9dd4e461268c8034f5c8564e155c67a6"}\]}`},
		{"ReceiveMessage", work + `}`, `{}`},
		{"ListQueues", `{}`, `{"QueueUrls":\["http://127\.0\.0\.1:\d+/000000000000/work"\]}`},
		{"ListMessageMoveTasks", `{"SourceArn":"` + arn("work") + `"}`, `{"Results":\[\]}`},
	} {
		response, body := post(t, s, "AmazonSQS."+c.operation, c.input)
		if response.StatusCode != 200 || !regexp.MustCompile("^"+c.form+"\n$").MatchString(body) {
			t.Errorf("%s: %d %s, want %s", c.operation, response.StatusCode, body, c.form)
		}
		expectHeaders(t, response)
	}
}

func TestQueueURLsBeginAsConfigured(t *testing.T) {
	c := config(t.TempDir(), oneQueue()...)
	c.BaseURL = "http://sqs.example:9324"
	_, body := post(t, open(t, c), "AmazonSQS.GetQueueUrl", `{"QueueName":"work"}`)
	if want := `{"QueueUrl":"http://sqs.example:9324/000000000000/work"}` + "\n"; body != want {
		t.Errorf("%s, want %s", body, want)
	}
}

func TestWhatIsNoRequestIsRefused(t *testing.T) {
	s := open(t, config(t.TempDir(), oneQueue()...))
	for _, c := range []struct{ target, input, kind string }{
		{"", "Action=ListQueues&Version=2012-11-05", "UnknownOperationException"}, // the older query protocol
		{"DynamoDB_20120810.ListTables", "{}", "UnknownOperationException"},
		{"AmazonSQS.ListQueues", "", "SerializationException"},
		{"AmazonSQS.ListQueues", "[]", "SerializationException"},
		{"AmazonSQS.ListQueues", "{}{}", "SerializationException"},
		{"AmazonSQS.ListQueues", `{"QueueNamePrefix":"` + strings.Repeat("x", 8<<20) + `"}`, "SerializationException"},
	} {
		response, body := post(t, s, c.target, c.input)
		if response.StatusCode != 400 || !strings.Contains(body, "#"+c.kind) {
			t.Errorf("%s %.20s: %d %s, want 400 %s", c.target, c.input, response.StatusCode, body, c.kind)
		}
	}
}
