package queues_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/localtest/aws/queues"
)

// victimVariable makes this program a process to be killed: it serves the queues of the folder that it names.
const victimVariable = "QUEUES_VICTIM"

// playVictim serves until it is killed, or its parent has ended. It prints its address.
func playVictim(dir string) {
	s, err := queues.Open(config(dir, deadLetters(1)...))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(httptest.NewServer(s).URL)
	_, _ = io.Copy(io.Discard, os.Stdin) // the parent's end closes it
	os.Exit(0)
}

// startVictim returns a client of the process, and what kills it.
func startVictim(t *testing.T, dir string) (queueClient, string, func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimVariable+"="+dir)
	cmd.Stderr = os.Stderr
	_, inErr := cmd.StdinPipe() // open while this process lives
	out, err := cmd.StdoutPipe()
	if err = errors.Join(inErr, err); err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	kill := sync.OnceFunc(func() {
		_ = cmd.Process.Kill() // SIGKILL
		_ = cmd.Wait()
	})
	t.Cleanup(kill)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	address = strings.TrimSpace(address)
	return queueClient{newClient(address, &http.Client{Transport: transport}), t}, address, kill
}

// TestNothingThatWasAcknowledgedIsLostByKill9 kills the process while several clients send.
func TestNothingThatWasAcknowledgedIsLostByKill9(t *testing.T) {
	dir := t.TempDir()
	c, address, kill := startVictim(t, dir)
	work := queues.URL(address, account, "work")
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	enough := make(chan struct{})
	var sending sync.WaitGroup
	for sender := range 4 {
		sending.Go(func() {
			for i := 0; ; i++ {
				body := fmt.Sprintf("%d-%d-%s", sender, i, strings.Repeat("x", i))
				if _, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &work, MessageBody: &body}); err != nil {
					return // the process is gone
				}
				mu.Lock()
				if acknowledged[body] = true; len(acknowledged) == 100 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	kill()
	sending.Wait()
	after := clientOf(t, open(t, config(dir, deadLetters(1)...)))
	n := len(acknowledged)
	for {
		got := after.receive(url("work"), 0)
		if len(got) == 0 {
			break
		}
		for _, m := range got {
			delete(acknowledged, *m.Body)
		}
	}
	if len(acknowledged) > 0 {
		t.Errorf("of %d acknowledged messages %d are lost", n, len(acknowledged))
	}
}

// TestKill9LeavesQueuesAsTheyWere kills the process, and compares what was known of the messages before and is after.
func TestKill9LeavesQueuesAsTheyWere(t *testing.T) {
	dir := t.TempDir()
	c, address, kill := startVictim(t, dir)
	work, dead := queues.URL(address, account, "work"), queues.URL(address, account, "dead")
	c.die(work)
	c.send(work, "gone")
	c.remove(work, c.one(work))
	c.send(work, "in flight")
	inFlight := c.receiveFor(work, 0, 2*time.Second)[0]
	c.send(work, "visible")
	c.delay(work, time.Hour/4)
	kill()

	s := open(t, config(dir, deadLetters(3)...))
	after := clientOf(t, s)
	if got := [2]string{after.counts(url("work")), after.counts(url("dead"))}; got != [2]string{"1/1/1", "1/0/0"} &&
		got != [2]string{"2/0/1", "1/0/0"} { // 2 s may have passed on a slow machine
		t.Errorf("messages visible, in flight, delayed: %v, of queue %s and %s", got, work, dead)
	}
	seen := map[string]int{}
	for len(seen) < 2 {
		for _, m := range after.receive(url("work"), 20*time.Second) {
			seen[*m.Body], _ = strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
			if *m.Body == "in flight" && (*m.MessageId != *inFlight.MessageId ||
				m.Attributes["ApproximateFirstReceiveTimestamp"] != inFlight.Attributes["ApproximateFirstReceiveTimestamp"]) {
				t.Errorf("received again as %s %v, was %s %v", *m.MessageId, m.Attributes, *inFlight.MessageId, inFlight.Attributes)
			}
		}
	}
	if seen["in flight"] != 2 || seen["visible"] != 1 {
		t.Errorf("receives %v, want in flight 2, visible 1", seen)
	}
	letter := after.one(url("dead"))
	if letter.Attributes["DeadLetterQueueSourceArn"] != arn("work") || letter.Attributes["ApproximateReceiveCount"] != "2" {
		t.Errorf("the dead letter has %v", letter.Attributes)
	}
}
