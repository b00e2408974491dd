package queues_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"serverlesschat/localtest/aws/queues"
)

// FuzzRequest sends anything at all as the input of any operation. Whatever it is, the answer is a JSON object, it is
// no failure of ours, and the queues go on.
func FuzzRequest(f *testing.F) {
	s, err := queues.Open(config(f.TempDir(), deadLetters(1)...))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	const work = `{"QueueUrl":"http://x/000000000000/work"`
	for _, seed := range []struct{ operation, input string }{
		{"SendMessage", work + `,"MessageBody":"x","DelaySeconds":0}`},
		{"ReceiveMessage", work + `,"MaxNumberOfMessages":10,"WaitTimeSeconds":20,"VisibilityTimeout":0,"AttributeNames":["All"]}`},
		{"DeleteMessage", work + `,"ReceiptHandle":"d29yay94LzE="}`},
		{"ChangeMessageVisibility", work + `,"ReceiptHandle":"d29yay94LzE=","VisibilityTimeout":43200}`},
		{"GetQueueAttributes", work + `,"AttributeNames":["All"]}`},
		{"GetQueueUrl", `{"QueueName":"work","QueueOwnerAWSAccountId":"000000000000"}`},
		{"ListQueues", `{"QueueNamePrefix":"w"}`},
		{"StartMessageMoveTask", `{"SourceArn":"` + arn("dead") + `","MaxNumberOfMessagesPerSecond":500}`},
		{"ListMessageMoveTasks", `{"SourceArn":"` + arn("dead") + `","MaxResults":10}`},
		{"SendMessage", work + `,"MessageBody":"\ud800"}`},
		{"SendMessage", `null`},
	} {
		f.Add(seed.operation, []byte(seed.input))
	}
	gone, cancel := context.WithCancel(context.Background()) // so that nothing waits
	cancel()
	f.Fuzz(func(t *testing.T, operation string, input []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(input))).WithContext(gone)
		r.Header.Set("X-Amz-Target", "AmazonSQS."+operation)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		var object map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &object); err != nil || object == nil {
			t.Errorf("the answer is %q: %v", w.Body, err)
		}
		isError := object["__type"] != nil
		if w.Code >= 500 || isError != (w.Code != 200) || isError != (w.Header().Get("x-amzn-query-error") != "") {
			t.Errorf("status %d, %s, %s", w.Code, w.Header().Get("x-amzn-query-error"), w.Body)
		}
	})
}

// FuzzJournal reads journals that end in anything. What can be read is the same when it is read again.
func FuzzJournal(f *testing.F) {
	for _, seed := range []string{
		"", `{"id":"1","body":"one","sent":4102444800000,"due":1}` + "\n", `{"id":"1","deleted":true}`,
		`{"id":"1","body":"one","sent":4102444800000,"due":4102444800000,"received":1}` + "\n" + `{"id":"1","due":-1}` + "\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, end []byte) {
		dir := t.TempDir()
		header := `{"version":1,"arn":"` + arn("work") + `","created":1}` + "\n"
		if err := os.WriteFile(filepath.Join(dir, "work.journal"), append([]byte(header), end...), 0o644); err != nil {
			t.Fatal(err)
		}
		var counts [2]queues.QueueCount
		for i := range counts {
			s, err := queues.Open(config(dir, oneQueue()...))
			if err != nil {
				if i > 0 {
					t.Errorf("the second time: %v", err)
				}
				return
			}
			counts[i] = s.Counts()[0]
			counts[i].OldestAge = 0
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if counts[0] != counts[1] {
			t.Errorf("there are %+v, and then %+v", counts[0], counts[1])
		}
	})
}
