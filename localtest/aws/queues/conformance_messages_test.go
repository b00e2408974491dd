package queues_test

import (
	"crypto/md5"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"serverlesschat/localtest/aws/queues"
)

func messageStatements() []statement {
	return []statement{
		{"a message is received as it was sent", oneQueue(), receivedAsSent},
		{"a message has the attributes that were asked for", oneQueue(), attributesAskedFor},
		{"every message is received", oneQueue(), everyMessage},
		{"a receive waits for a message", oneQueue(), receiveWaits},
		{"a message may be delayed", oneQueue(), delayed},
		{"a queue may delay its messages", []queues.Queue{{Name: "work", Delay: time.Second}}, delayedByQueue},
		{"a deleted message is gone", oneQueue(), deleted},
		{"a delete may be repeated", oneQueue(), deletedTwice},
		{"a message may be as large as the queue says", []queues.Queue{{Name: "work", MaximumMessageSize: 1024}}, sizes},
		{"a message has the characters of XML", oneQueue(), characters},
	}
}

func receivedAsSent(w world) {
	body := `{"text": "Grüße <b>&amp;</b> 𝄞 \u0000", "tab": "` + "\t\r\n\u2028\ufffd" + `"}`
	before := time.Now().Add(-time.Second)
	out, err := w.SendMessage(w.t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(w.url("work")), MessageBody: &body})
	if err != nil {
		w.t.Fatal(err)
	}
	sum := fmt.Sprintf("%x", md5.Sum([]byte(body)))
	m := w.one(w.url("work"))
	if *m.Body != body || *m.MessageId != *out.MessageId || *m.MD5OfBody != sum || *out.MD5OfMessageBody != sum {
		w.t.Errorf("received %q with the sum %s, id %s, want %q, %s (told %s), %s", *m.Body, *m.MD5OfBody, *m.MessageId,
			body, sum, *out.MD5OfMessageBody, *out.MessageId)
	}
	if m.Attributes["ApproximateReceiveCount"] != "1" || m.Attributes["SenderId"] == "" {
		w.t.Errorf("attributes %v", m.Attributes)
	}
	sent, received := at(w.t, m, "SentTimestamp"), at(w.t, m, "ApproximateFirstReceiveTimestamp")
	if sent.Before(before) || received.Before(sent) || received.After(time.Now().Add(time.Second)) {
		w.t.Errorf("sent at %s, received at %s, after %s", sent, received, before)
	}
}

// at reads an attribute that is a time in milliseconds of the epoch.
func at(t *testing.T, m types.Message, name string) time.Time {
	t.Helper()
	ms, err := strconv.ParseInt(m.Attributes[name], 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return time.UnixMilli(ms)
}

func attributesAskedFor(w world) {
	url := w.url("work")
	w.send(url, "one")
	for _, c := range []struct {
		names []types.MessageSystemAttributeName
		want  []string
	}{
		{nil, nil},
		{[]types.MessageSystemAttributeName{"SentTimestamp"}, []string{"SentTimestamp"}},
		{[]types.MessageSystemAttributeName{"ApproximateReceiveCount", "SenderId", "AWSTraceHeader"},
			[]string{"ApproximateReceiveCount", "SenderId"}},
		{[]types.MessageSystemAttributeName{"All"},
			[]string{"ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "SenderId", "SentTimestamp"}},
	} {
		out, err := w.ReceiveMessage(w.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: 20,
			MessageSystemAttributeNames: c.names})
		if err != nil || len(out.Messages) != 1 {
			w.t.Fatalf("%v, %v", out, err)
		}
		if got := slices.Sorted(maps.Keys(out.Messages[0].Attributes)); !slices.Equal(got, c.want) {
			w.t.Errorf("asked for %v: attributes %v, want %v", c.names, got, c.want)
		}
		w.hide(url, out.Messages[0], 0)
	}
}

func everyMessage(w world) {
	const n = 23
	url := w.url("work")
	want := map[string]bool{}
	for i := range n {
		want[w.send(url, strconv.Itoa(i))] = true
	}
	for len(want) > 0 {
		got := w.receive(url, 20*time.Second)
		if len(got) == 0 || len(got) > 10 {
			w.t.Fatalf("%d messages at once, and %d are left", len(got), len(want))
		}
		for _, m := range got {
			delete(want, *m.MessageId)
			w.remove(url, m)
		}
	}
	w.none(url)
}

func receiveWaits(w world) {
	url := w.url("work")
	w.none(url) // without WaitTimeSeconds it does not wait
	got := make(chan []types.Message, 1)
	go func() {
		out, err := w.ReceiveMessage(w.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: 20})
		if err != nil {
			w.t.Error(err)
			out = &sqs.ReceiveMessageOutput{}
		}
		got <- out.Messages
	}()
	w.send(url, "one")
	if m := <-got; len(m) != 1 || *m[0].Body != "one" {
		w.t.Errorf("received %v", bodies(m))
	}
}

func delayed(w world) {
	url := w.url("work")
	_, err := w.SendMessage(w.t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("late"), DelaySeconds: 2})
	if err != nil {
		w.t.Fatal(err)
	}
	w.none(url)
	m := w.one(url)
	if waited := at(w.t, m, "ApproximateFirstReceiveTimestamp").Sub(at(w.t, m, "SentTimestamp")); waited < 1900*time.Millisecond {
		w.t.Errorf("received %s after it was sent, with a delay of 2 s", waited)
	}
}

func delayedByQueue(w world) {
	url := w.url("work")
	w.send(url, "late")
	w.none(url)
	w.one(url)
}

func deleted(w world) {
	url := w.url("work")
	w.send(url, "one")
	m := w.receiveFor(url, 20*time.Second, time.Second)[0]
	w.remove(url, m)
	if got := w.receive(url, 2*time.Second); len(got) != 0 {
		w.t.Errorf("received %v after it was deleted", bodies(got))
	}
}

func deletedTwice(w world) {
	url := w.url("work")
	w.send(url, "one")
	m := w.one(url)
	w.remove(url, m)
	w.remove(url, m)
}

func sizes(w world) {
	url := w.url("work")
	for name, c := range map[string]struct{ body, code string }{
		"1024 letters":     {strings.Repeat("x", 1024), ""},
		"512 letters of 2": {strings.Repeat("ü", 512), ""},
		"1025 letters":     {strings.Repeat("x", 1025), "InvalidParameterValue"},
		"513 letters of 2": {strings.Repeat("ü", 513), "InvalidParameterValue"},
		"no letter":        {"", "MissingParameter"},
	} {
		w.part(name, func(w world) {
			_, err := w.SendMessage(w.t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &c.body})
			if code(err) != c.code || (err == nil) != (c.code == "") {
				w.t.Errorf("%v, want %q", err, c.code)
			}
		})
	}
}

func characters(w world) {
	url := w.url("work")
	for _, r := range "\t\n\r \ud7fb\ue000\ufffd\U00010000\U0010ffff" {
		w.send(url, "x"+string(r))
	}
	for _, r := range "\x00\x01\x08\x0b\x0c\x0e\x1f\ufffe\uffff" {
		w.part(fmt.Sprintf("not %04x", r), func(w world) {
			body := "x" + string(r)
			_, err := w.SendMessage(w.t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body})
			if code(err) != "InvalidMessageContents" {
				w.t.Errorf("%v, want InvalidMessageContents", err)
			}
		})
	}
}
