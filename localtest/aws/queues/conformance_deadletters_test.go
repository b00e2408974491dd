package queues_test

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"serverlesschat/localtest/aws/queues"
	"serverlesschat/localtest/aws/wait"
)

func deadLetterStatements() []statement {
	two := append(withDeadLetters(1), queues.Queue{Name: "second", DeadLetterARN: "dead", MaxReceiveCount: 1})
	return []statement{
		{"a message that was received too often is moved", withDeadLetters(2), movedAfterReceives},
		{"a message goes back to the queue it came from", withDeadLetters(1), func(w world) { movedBack(w, "work") }},
		{"of two queues with one dead-letter queue each gets its own back", two, func(w world) { movedBack(w, "work", "second") }},
		{"messages may be moved to another queue", append(withDeadLetters(1), queues.Queue{Name: "other"}), movedElsewhere},
		{"a message that was sent to the dead-letter queue has no way back", withDeadLetters(1), noWayBack},
		{"one move task runs at a time", withDeadLetters(1), oneTask},
		{"what move tasks refuse", withDeadLetters(1), refusedTasks},
	}
}

func movedAfterReceives(w world) {
	url, dead := w.url("work"), w.url("dead")
	w.send(url, "one")
	var last types.Message
	for range 2 {
		last = w.one(url)
		w.hide(url, last, 0)
	}
	w.none(dead)
	w.none(url) // moves it
	m := w.one(dead)
	if *m.MessageId != *last.MessageId || *m.Body != "one" || m.Attributes["SentTimestamp"] != last.Attributes["SentTimestamp"] {
		w.t.Errorf("moved as %s %q, sent at %s, want %s %q, %s", *m.MessageId, *m.Body, m.Attributes["SentTimestamp"],
			*last.MessageId, "one", last.Attributes["SentTimestamp"])
	}
	if got := m.Attributes["DeadLetterQueueSourceArn"]; got != w.arn("work") {
		w.t.Errorf("DeadLetterQueueSourceArn is %q, want %q", got, w.arn("work"))
	}
	w.remove(dead, m)
	w.none(url)
}

// kill sends a message and receives it until it is moved. It returns the message as it was received.
func (w world) kill(name, body string) types.Message {
	w.t.Helper()
	url := w.url(name)
	w.send(url, body)
	m := w.one(url)
	w.hide(url, m, 0)
	w.none(url)
	return m
}

func (w world) move(source, destination string, rate int32) (*sqs.StartMessageMoveTaskOutput, error) {
	in := &sqs.StartMessageMoveTaskInput{SourceArn: &source}
	if destination != "" {
		in.DestinationArn = &destination
	}
	if rate != 0 {
		in.MaxNumberOfMessagesPerSecond = &rate
	}
	return w.StartMessageMoveTask(w.t.Context(), in)
}

// task returns the newest task of the dead-letter queue when it has ended.
func (w world) task() types.ListMessageMoveTasksResultEntry {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		out, err := w.ListMessageMoveTasks(w.t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: aws.String(w.arn("dead"))})
		if err != nil || len(out.Results) != 1 {
			w.t.Fatalf("%v, %v", out, err)
		}
		if r := out.Results[0]; *r.Status != "RUNNING" {
			return r
		}
		wait.For(w.t.Context(), 20*time.Millisecond)
	}
	w.t.Fatal("the task does not end")
	panic("unreachable")
}

func movedBack(w world, names ...string) {
	old := map[string]types.Message{}
	for _, name := range names {
		old[name] = w.kill(name, "of "+name)
	}
	started, err := w.move(w.arn("dead"), "", 0)
	if err != nil || aws.ToString(started.TaskHandle) == "" {
		w.t.Fatalf("%v, %v", started, err)
	}
	for name, old := range old {
		m := w.one(w.url(name))
		if *m.Body != "of "+name || m.Attributes["ApproximateReceiveCount"] != "1" {
			w.t.Errorf("to %s came back %q, received %s times, want %q, once", name, *m.Body,
				m.Attributes["ApproximateReceiveCount"], "of "+name)
		}
		w.part("as a new message to "+name, func(w world) {
			if *m.MessageId == *old.MessageId {
				w.t.Errorf("its id is %s as before", *m.MessageId)
			}
			if sent, before := at(w.t, m, "SentTimestamp"), at(w.t, old, "SentTimestamp"); !sent.After(before) {
				w.t.Errorf("its SentTimestamp is %s and was %s", sent, before)
			}
		})
	}
	w.none(w.url("dead"))
	w.part("as the task tells", func(w world) { taskTells(w, int64(len(names))) })
}

func taskTells(w world, moved int64) {
	r := w.task()
	if *r.Status != "COMPLETED" || r.ApproximateNumberOfMessagesMoved != moved ||
		aws.ToInt64(r.ApproximateNumberOfMessagesToMove) != moved || *r.SourceArn != w.arn("dead") || r.DestinationArn != nil ||
		r.TaskHandle != nil || r.StartedTimestamp == 0 {
		w.t.Errorf("the task is %s, %d of %d, from %s to %v, handle %v, started at %d", *r.Status, r.ApproximateNumberOfMessagesMoved,
			aws.ToInt64(r.ApproximateNumberOfMessagesToMove), *r.SourceArn, r.DestinationArn, r.TaskHandle, r.StartedTimestamp)
	}
}

func movedElsewhere(w world) {
	w.kill("work", "one")
	if _, err := w.move(w.arn("dead"), w.arn("other"), 0); err != nil {
		w.t.Fatal(err)
	}
	if m := w.one(w.url("other")); *m.Body != "one" {
		w.t.Errorf("moved %q", *m.Body)
	}
	if r := w.task(); *r.Status != "COMPLETED" || aws.ToString(r.DestinationArn) != w.arn("other") {
		w.t.Errorf("the task is %s, to %s", *r.Status, aws.ToString(r.DestinationArn))
	}
}

func noWayBack(w world) {
	w.send(w.url("dead"), "one")
	if _, err := w.move(w.arn("dead"), "", 0); err != nil {
		w.t.Fatal(err)
	}
	if r := w.task(); *r.Status != "FAILED" || aws.ToString(r.FailureReason) != "CouldNotDetermineMessageSource" {
		w.t.Errorf("the task is %s, %s", *r.Status, aws.ToString(r.FailureReason))
	}
	w.one(w.url("dead"))
}

func oneTask(w world) {
	for range 3 {
		w.kill("work", "one")
	}
	started, err := w.move(w.arn("dead"), "", 1)
	if err != nil {
		w.t.Fatal(err)
	}
	w.part("a second one is refused", func(w world) {
		if _, err := w.move(w.arn("dead"), "", 1); code(err) != "InvalidParameterValue" {
			w.t.Errorf("%v, want InvalidParameterValue", err)
		}
	})
	out, err := w.ListMessageMoveTasks(w.t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: aws.String(w.arn("dead"))})
	if err != nil || len(out.Results) != 1 || *out.Results[0].Status != "RUNNING" ||
		aws.ToString(out.Results[0].TaskHandle) != *started.TaskHandle || *out.Results[0].MaxNumberOfMessagesPerSecond != 1 {
		w.t.Errorf("tasks %v, %v", out, err)
	}
	if r := w.task(); *r.Status != "COMPLETED" || r.ApproximateNumberOfMessagesMoved != 3 {
		w.t.Errorf("the task is %s, %d moved", *r.Status, r.ApproximateNumberOfMessagesMoved)
	}
}

func refusedTasks(w world) {
	for _, c := range []struct {
		name, source, destination string
		rate                      int32
		code                      string
	}{
		{"a source that is no dead-letter queue", w.arn("work"), w.arn("dead"), 0, "InvalidParameterValue"},
		{"a source that is not there", arn("nowhere"), "", 0, "ResourceNotFoundException"},
		{"a destination that is not there", w.arn("dead"), arn("nowhere"), 0, "ResourceNotFoundException"},
		{"501 messages a second", w.arn("dead"), "", 501, "InvalidParameterValue"},
	} {
		w.part(c.name, func(w world) {
			if _, err := w.move(c.source, c.destination, c.rate); code(err) != c.code {
				w.t.Errorf("%v, want %s", err, c.code)
			}
		})
	}
}
