package queues

import (
	"testing"
)

func testQueue(t *testing.T) (*Service, *queue) {
	t.Helper()
	s, err := Open(Config{Queues: []Queue{{Name: "work"}}, Region: "us-east-1", AccountID: "000000000000", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, s.queues[s.config.arn("work")]
}

// A disk that takes nothing is played by a file that is closed.
func TestAQueueThatCannotBeWrittenChangesNothing(t *testing.T) {
	s, q := testQueue(t)
	if _, err := s.send(q, "one", 0); err != nil {
		t.Fatal(err)
	}
	w := want{most: 10}
	got, err := s.take(q, w)
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	handle := receiptHandle(q.Name, &got[0])
	if err := q.journal.file.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.send(q, "two", 0); err == nil {
		t.Error("send succeeds")
	}
	if got, err := s.take(q, w); err == nil {
		t.Errorf("received %v", got)
	}
	if err := s.delete(q, handle); err == nil {
		t.Error("delete succeeds")
	}
	if err := s.changeVisibility(q, handle, 10); err == nil {
		t.Error("a visibility is changed")
	}
	if c := s.Counts()[0]; c.Visible != 1 || c.InFlight != 0 || q.messages[got[0].id].received != 1 {
		t.Errorf("the queue has %+v, the message %d receives", c, q.messages[got[0].id].received)
	}
}

func TestASentMessageIsOnTheDisk(t *testing.T) {
	s, q := testQueue(t)
	for n := range uint64(3) {
		if _, err := s.send(q, "one", 0); err != nil || q.journal.synced != n+1 {
			t.Errorf("after %d messages %d lines are synced, %v", n+1, q.journal.synced, err)
		}
	}
}

// Several senders share one sync, and none returns before a sync that began after its line was written.
func TestSyncCoversWhatWasWrittenBefore(t *testing.T) {
	_, q := testQueue(t)
	j := q.journal
	for n := range uint64(3) {
		if err := j.append(record{ID: "1"}); err != nil {
			t.Fatal(err)
		}
		if j.mark() != n+1 {
			t.Errorf("the mark is %d, want %d", j.mark(), n+1)
		}
	}
	if err := j.sync(1); err != nil || j.synced != 3 {
		t.Errorf("synced up to %d, %v, want 3", j.synced, err)
	}
	if err := j.file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.sync(3); err != nil {
		t.Errorf("what is on the disk is synced again: %v", err)
	}
	if err := j.append(record{ID: "2"}); err == nil {
		t.Error("a closed file is appended to")
	}
}
