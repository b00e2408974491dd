package queues_test

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/localtest/aws/queues"
	"serverlesschat/localtest/aws/wait"
)

func visibilityStatements() []statement {
	short := []queues.Queue{{Name: "work", VisibilityTimeout: 2 * time.Second}}
	return []statement{
		{"a received message is hidden for the visibility timeout", short, hiddenForTimeout},
		{"a receive may set the visibility timeout", oneQueue(), timeoutOfReceive},
		{"a visibility timeout of 0 shows a message at once", oneQueue(), shownAtOnce},
		{"a visibility timeout may be made longer", short, madeLonger},
		{"a message whose visibility timeout has run out may be hidden again", short, hiddenAgain},
		{"an old receipt handle deletes nothing", oneQueue(), oldHandle},
		{"an old receipt handle changes no visibility", oneQueue(), oldHandleChangesNothing},
		{"a receipt handle of a deleted message changes no visibility", oneQueue(), deletedChangesNothing},
		{"the last receipt handle deletes a message that is visible again", short, lastHandleDeletes},
	}
}

func hiddenForTimeout(w world) {
	url := w.url("work")
	w.send(url, "one")
	first := w.one(url)
	w.none(url)
	again := w.one(url)
	if *again.MessageId != *first.MessageId || *again.ReceiptHandle == *first.ReceiptHandle {
		w.t.Errorf("received id %s with handle %s, then %s with %s: want the same id, and other handles", *first.MessageId,
			*first.ReceiptHandle, *again.MessageId, *again.ReceiptHandle)
	}
	for _, name := range []string{"SentTimestamp", "ApproximateFirstReceiveTimestamp"} {
		if first.Attributes[name] != again.Attributes[name] {
			w.t.Errorf("%s was %s and is %s", name, first.Attributes[name], again.Attributes[name])
		}
	}
	if got := again.Attributes["ApproximateReceiveCount"]; got != "2" {
		w.t.Errorf("ApproximateReceiveCount is %s, want 2", got)
	}
}

func timeoutOfReceive(w world) {
	url := w.url("work")
	w.send(url, "one")
	w.receiveFor(url, 20*time.Second, time.Second)
	w.one(url) // not after 30 s, since a receive waits for 20 s
}

func shownAtOnce(w world) {
	url := w.url("work")
	w.send(url, "one")
	w.hide(url, w.one(url), 0)
	if got := w.receive(url, 0); len(got) != 1 {
		w.t.Errorf("%d messages, want 1", len(got))
	}
}

func madeLonger(w world) {
	url := w.url("work")
	w.send(url, "one")
	w.hide(url, w.one(url), time.Minute)
	if got := w.receive(url, 4*time.Second); len(got) != 0 {
		w.t.Errorf("received again after a change to one minute: %v", bodies(got))
	}
}

// awaitCounts asks until a queue counts its messages so.
func (w world) awaitCounts(url, want string) {
	w.t.Helper()
	end := time.Now().Add(30 * time.Second)
	for w.counts(url) != want {
		if time.Now().After(end) {
			w.t.Fatalf("there are %s messages, want %s", w.counts(url), want)
		}
		wait.For(w.t.Context(), 20*time.Millisecond)
	}
}

// As recorded against AWS: it is no longer in flight, but nobody else has received it.
func hiddenAgain(w world) {
	url := w.url("work")
	w.send(url, "one")
	m := w.one(url)
	w.awaitCounts(url, "1/0/0")
	w.hide(url, m, time.Minute)
	w.none(url)
	if got := w.counts(url); got != "0/1/0" {
		w.t.Errorf("there are %s messages, want 0/1/0", got)
	}
}

func oldHandle(w world) {
	url := w.url("work")
	w.send(url, "one")
	old := w.receiveFor(url, 20*time.Second, time.Second)[0]
	last := w.one(url)
	w.remove(url, old)
	w.hide(url, last, 0)
	if m := w.one(url); *m.MessageId != *old.MessageId {
		w.t.Errorf("received %s, want %s", *m.MessageId, *old.MessageId)
	}
}

func oldHandleChangesNothing(w world) {
	url := w.url("work")
	w.send(url, "one")
	old := w.receiveFor(url, 20*time.Second, time.Second)[0]
	w.one(url)
	_, err := w.ChangeMessageVisibility(w.t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: old.ReceiptHandle})
	if code(err) != "InvalidParameterValue" {
		w.t.Errorf("%v, want InvalidParameterValue", err)
	}
	w.none(url)
}

func deletedChangesNothing(w world) {
	url := w.url("work")
	w.send(url, "one")
	m := w.one(url)
	w.remove(url, m)
	_, err := w.ChangeMessageVisibility(w.t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
	if code(err) != "InvalidParameterValue" {
		w.t.Errorf("%v, want InvalidParameterValue", err)
	}
}

func lastHandleDeletes(w world) {
	url := w.url("work")
	w.send(url, "one")
	m := w.one(url)
	w.awaitCounts(url, "1/0/0")
	w.remove(url, m)
	w.none(url)
}
