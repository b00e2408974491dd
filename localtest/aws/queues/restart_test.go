package queues_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/localtest/aws/queues"
)

func TestARestartChangesNothing(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, config(dir, oneQueue()...))
		c := clientOf(t, s)
		c.send(url("work"), "in flight")
		handle := c.receiveFor(url("work"), 0, time.Hour)[0]
		c.hide(url("work"), handle, time.Minute)
		c.delay(url("work"), 2*time.Minute)
		created := c.attributes(url("work"))["CreatedTimestamp"]
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute - time.Second)
		c = clientOf(t, open(t, config(dir, oneQueue()...)))
		c.none(url("work"))
		time.Sleep(time.Second)
		c.hide(url("work"), handle, time.Second) // a receipt handle is valid after a restart
		c.none(url("work"))
		time.Sleep(time.Second)
		c.remove(url("work"), c.one(url("work")))
		time.Sleep(time.Minute - 2*time.Second)
		c.none(url("work"))
		time.Sleep(time.Second)
		if m := c.one(url("work")); *m.Body != "late" || m.Attributes["ApproximateReceiveCount"] != "1" {
			t.Errorf("received %q, %v", *m.Body, m.Attributes)
		}
		if got := c.attributes(url("work"))["CreatedTimestamp"]; got != created {
			t.Errorf("CreatedTimestamp is %s and was %s", got, created)
		}
	})
}

func TestExpiredMessagesAreGoneAfterARestart(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, config(dir, oneQueue()...))
		clientOf(t, s).send(url("work"), "secret")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * 24 * time.Hour)
		s = open(t, config(dir, oneQueue()...))
		if content, err := os.ReadFile(filepath.Join(dir, "work.journal")); !strings.Contains(string(content), `"deleted":true`) {
			t.Errorf("the journal is %s, %v", content, err)
		}
		if err := s.Send(t.Context(), arn("work"), "new"); err != nil {
			t.Error(err)
		}
		if got := bodies(clientOf(t, s).receive(url("work"), 0)); len(got) != 1 || got[0] != "new" {
			t.Errorf("received %v", got)
		}
	})
}

// A process that is killed while it moves a message leaves it in both queues, with one id.
func TestAMessageThatWasMovedHalfwayIsMovedOnce(t *testing.T) {
	dir := t.TempDir()
	all := deadLetters(1)
	s := open(t, config(dir, all...))
	c := clientOf(t, s)
	c.send(url("work"), "one")
	c.hide(url("work"), c.one(url("work")), 0)
	journal := filepath.Join(dir, "work.journal")
	before, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	c.none(url("work"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(journal, before, 0o644); err != nil {
		t.Fatal(err)
	}
	c = clientOf(t, open(t, config(dir, all...)))
	c.none(url("work"))
	if work, dead := c.counts(url("work")), c.counts(url("dead")); work != "0/0/0" || dead != "1/0/0" {
		t.Errorf("work has %s messages, dead %s, want none and 1/0/0", work, dead)
	}
	c.one(url("dead")) // once
}

func TestJournalsThatCannotBeRead(t *testing.T) {
	header := `{"version":1,"arn":"` + arn("work") + `","created":1}` + "\n"
	const first = `{"id":"1","body":"one","sent":4102444800000,"due":1}` + "\n"
	for name, c := range map[string]struct{ content, err string }{
		"empty":                    {"", ""},
		"a header alone":           {header, ""},
		"an unfinished line":       {header + first + `{"id":"2","bo`, ""},
		"a long unfinished line":   {header + first + `{"id":"2","body":"` + strings.Repeat("x", 1000), ""},
		"a record of nothing":      {header + `{"id":"3","deleted":true}` + "\n" + `{"id":"3","received":1}` + "\n" + first, ""},
		"of another queue":         {strings.Replace(header, "work", "other", 1), "work.journal has the messages of"},
		"of a later version":       {strings.Replace(header, ":1", ":2", 1), "work.journal:1: this is no journal of version 1"},
		"no header":                {first, "work.journal:1: this is no journal of version 1"},
		"an unfinished header":     {header[:9], "work.journal has the messages of \"\""},
		"a line that is no record": {header + "one\n" + first, "work.journal:2: "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "work.journal"), []byte(c.content), 0o644); err != nil {
				t.Fatal(err)
			}
			s, err := queues.Open(config(dir, oneQueue()...))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("the error is %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Count(c.content, first)
			if got := s.Counts()[0].Visible; got != want {
				t.Errorf("%d messages, want %d", got, want)
			}
			if err := errors.Join(s.Send(t.Context(), arn("work"), "more"), s.Close()); err != nil {
				t.Error(err)
			}
			if got := open(t, config(dir, oneQueue()...)).Counts()[0].Visible; got != want+1 {
				t.Errorf("%d messages after a restart, want %d", got, want+1)
			}
		})
	}
}

func TestAJournalStaysSmall(t *testing.T) {
	dir := t.TempDir()
	s := open(t, config(dir, oneQueue()...))
	c := clientOf(t, s)
	c.send(url("work"), "kept")
	kept := c.receiveFor(url("work"), 0, time.Hour)[0]
	body := strings.Repeat("x", 100<<10)
	for range 100 { // 10 MB in all
		c.send(url("work"), body)
		c.remove(url("work"), c.one(url("work")))
	}
	info, err := os.Stat(filepath.Join(dir, "work.journal"))
	if err != nil || info.Size() > 5<<20 {
		t.Errorf("the journal has %d bytes, %v, want 5 MiB at most", info.Size(), err)
	}
	c.remove(url("work"), kept)
	c.send(url("work"), "one more")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c = clientOf(t, open(t, config(dir, oneQueue()...)))
	if got := bodies(c.receive(url("work"), 0)); len(got) != 1 || got[0] != "one more" {
		t.Errorf("after a restart the queue has %v", got)
	}
}

func TestAClosedServiceRefuses(t *testing.T) {
	s := open(t, config(t.TempDir(), oneQueue()...))
	c := clientOf(t, s)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	_, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(url("work")), MessageBody: aws.String("one")})
	if code(err) != "ServiceUnavailable" {
		t.Errorf("send: %v, want ServiceUnavailable", err)
	}
	if err := s.Send(t.Context(), arn("work"), "one"); err == nil {
		t.Error("Send succeeds")
	}
}
