package queues_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/localtest/aws/queues"
)

// inBubble runs a test where time passes at once, with queues that are open until it ends.
func inBubble(t *testing.T, all []queues.Queue, test func(*testing.T, *queues.Service, queueClient)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, config(dir, all...))
		test(t, s, clientOf(t, s))
	})
}

func TestVisibilityTimeoutEndsToTheMillisecond(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, _ *queues.Service, c queueClient) {
		c.send(url("work"), "one")
		c.one(url("work"))
		time.Sleep(30*time.Second - time.Millisecond)
		c.none(url("work"))
		time.Sleep(time.Millisecond)
		m := c.one(url("work"))
		c.hide(url("work"), m, 5*time.Second) // from now on, not added
		time.Sleep(5 * time.Second)
		if m := c.one(url("work")); m.Attributes["ApproximateReceiveCount"] != "3" {
			t.Errorf("received %s times, want 3", m.Attributes["ApproximateReceiveCount"])
		}
	})
}

func TestVisibilityTimeoutIsTwelveHoursInAllAtMost(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, _ *queues.Service, c queueClient) {
		c.send(url("work"), "one")
		m := c.one(url("work"))
		time.Sleep(time.Second)
		for seconds, want := range map[int32]string{43200: "InvalidParameterValue", 43199: "", 43201: "InvalidParameterValue"} {
			_, err := c.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{
				QueueUrl: aws.String(url("work")), ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: seconds,
			})
			if code(err) != want {
				t.Errorf("%d s after 1 s: %v, want %q", seconds, err, want)
			}
		}
	})
}

func TestAMessageIsKeptForTheRetentionPeriod(t *testing.T) {
	for name, retention := range map[string]time.Duration{"of 60 s": time.Minute, "of AWS, 4 days": 0} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, []queues.Queue{{Name: "work", Retention: retention}}, func(t *testing.T, s *queues.Service, c queueClient) {
				if retention == 0 {
					retention = 4 * 24 * time.Hour
				}
				c.send(url("work"), "one")
				time.Sleep(retention - time.Second)
				if count := s.Counts()[0]; count.Visible != 1 || count.OldestAge != retention-time.Second {
					t.Errorf("before: %+v", count)
				}
				c.hide(url("work"), c.one(url("work")), 0)
				time.Sleep(time.Second)
				if count := s.Counts()[0]; count.Visible != 0 || count.OldestAge != 0 {
					t.Errorf("after: %+v", count)
				}
				c.none(url("work"))
			})
		})
	}
}

func TestADeadLetterKeepsTheTimeOfItsSending(t *testing.T) {
	all := []queues.Queue{{Name: "dead", Retention: time.Hour}, {Name: "work", DeadLetterARN: arn("dead"), MaxReceiveCount: 1}}
	inBubble(t, all, func(t *testing.T, _ *queues.Service, c queueClient) {
		c.send(url("work"), "one")
		time.Sleep(50 * time.Minute)
		c.hide(url("work"), c.one(url("work")), 0)
		c.none(url("work"))
		time.Sleep(10*time.Minute - time.Second)
		c.hide(url("dead"), c.one(url("dead")), 0)
		time.Sleep(time.Second)
		c.none(url("dead"))
	})
}

func TestAReceiveWaitsAsLongAsItSays(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, _ *queues.Service, c queueClient) {
		begin := time.Now()
		if got := c.receive(url("work"), 20*time.Second); len(got) != 0 || time.Since(begin) != 20*time.Second {
			t.Errorf("%d messages after %s, want none after 20s", len(got), time.Since(begin))
		}
	})
}

func TestAWaitingReceiveGetsAMessageAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(c queueClient) // after 3 s
		after   time.Duration
	}{
		"when it is sent":     {func(c queueClient) { c.send(url("work"), "one") }, 3 * time.Second},
		"when its delay ends": {func(c queueClient) { c.delay(url("work"), 4*time.Second) }, 7 * time.Second},
		"when it is moved":    {func(c queueClient) { c.die(url("source")) }, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			all := append(oneQueue(), queues.Queue{Name: "source", DeadLetterARN: arn("work"), MaxReceiveCount: 1})
			inBubble(t, all, func(t *testing.T, _ *queues.Service, client queueClient) {
				begin := time.Now()
				var running sync.WaitGroup
				running.Go(func() {
					if got := client.receive(url("work"), 20*time.Second); len(got) != 1 || time.Since(begin) != c.after {
						t.Errorf("%d messages after %s, want one after %s", len(got), time.Since(begin), c.after)
					}
				})
				time.Sleep(3 * time.Second)
				c.happens(client)
				running.Wait()
			})
		})
	}
}

func TestAWaitingReceiveGetsAMessageWhoseTimeoutIsCutShort(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, _ *queues.Service, c queueClient) {
		c.send(url("work"), "one")
		m, begin := c.one(url("work")), time.Now()
		var running sync.WaitGroup
		running.Go(func() {
			if got := c.receive(url("work"), 20*time.Second); len(got) != 1 || time.Since(begin) != 3*time.Second {
				t.Errorf("%d messages after %s, want one after 3s", len(got), time.Since(begin))
			}
		})
		time.Sleep(2 * time.Second)
		c.hide(url("work"), m, time.Second)
		running.Wait()
	})
}

func (c queueClient) delay(url string, d time.Duration) {
	c.t.Helper()
	_, err := c.SendMessage(c.t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("late"),
		DelaySeconds: int32(d / time.Second)})
	if err != nil {
		c.t.Fatal(err)
	}
}

// die sends a message and receives it once too often.
func (c queueClient) die(url string) {
	c.t.Helper()
	c.send(url, "dead")
	c.hide(url, c.one(url), 0)
	c.none(url)
}

func TestOfTwoWaitingReceivesOneGetsTheMessage(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, _ *queues.Service, c queueClient) {
		var running sync.WaitGroup
		got := make(chan int, 2)
		for range 2 {
			running.Go(func() { got <- len(c.receive(url("work"), 20*time.Second)) })
		}
		synctest.Wait()
		c.send(url("work"), "one")
		running.Wait()
		if n := <-got + <-got; n != 1 {
			t.Errorf("received %d times, want once", n)
		}
	})
}

func TestAWaitingReceiveEnds(t *testing.T) {
	for name, end := range map[string]func(*queues.Service, context.CancelFunc){
		"when the client goes":    func(_ *queues.Service, cancel context.CancelFunc) { cancel() },
		"when the service closes": func(s *queues.Service, _ context.CancelFunc) { _ = s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, c queueClient) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				begin := time.Now()
				var running sync.WaitGroup
				running.Go(func() {
					_, _ = c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(url("work")), WaitTimeSeconds: 20})
				})
				synctest.Wait()
				end(s, cancel)
				running.Wait()
				if time.Since(begin) != 0 {
					t.Errorf("ended after %s", time.Since(begin))
				}
			})
		})
	}
}

func TestAMoveTaskKeepsToItsRate(t *testing.T) {
	inBubble(t, deadLetters(1), func(t *testing.T, _ *queues.Service, c queueClient) {
		for range 3 {
			c.die(url("work"))
		}
		in := &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn("dead")), MaxNumberOfMessagesPerSecond: aws.Int32(2)}
		if _, err := c.StartMessageMoveTask(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		for moved := 1; moved <= 3; moved++ {
			synctest.Wait()
			if got := c.attributes(url("work"))["ApproximateNumberOfMessages"]; got != strconv.Itoa(moved) {
				t.Errorf("%s messages are moved, want %d", got, moved)
			}
			time.Sleep(500 * time.Millisecond)
		}
	})
}

// deadLetters is withDeadLetters with the ARN that the service wants.
func deadLetters(maxReceiveCount int) []queues.Queue {
	all := withDeadLetters(maxReceiveCount)
	all[1].DeadLetterARN = arn("dead")
	return all
}

func TestAMoveTaskMovesWhatWasThereAndLeavesWhatIsInFlight(t *testing.T) {
	inBubble(t, deadLetters(1), func(t *testing.T, _ *queues.Service, c queueClient) {
		for range 2 {
			c.die(url("work"))
		}
		out, err := c.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(url("dead"))})
		if err != nil || len(out.Messages) != 1 {
			t.Fatalf("%v, %v", out, err)
		}
		if _, err := c.StartMessageMoveTask(t.Context(), &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn("dead"))}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if work, dead := c.counts(url("work")), c.counts(url("dead")); work != "1/0/0" || dead != "0/1/0" {
			t.Errorf("work has %s messages, dead %s, want 1/0/0 and 0/1/0", work, dead)
		}
	})
}

func TestAMoveTaskLeavesWhatIsReceivedMeanwhile(t *testing.T) {
	inBubble(t, deadLetters(1), func(t *testing.T, _ *queues.Service, c queueClient) {
		for range 2 {
			c.die(url("work"))
		}
		in := &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn("dead")), MaxNumberOfMessagesPerSecond: aws.Int32(1)}
		if _, err := c.StartMessageMoveTask(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		c.one(url("dead"))
		time.Sleep(10 * time.Second)
		if work, dead := c.counts(url("work")), c.counts(url("dead")); work != "1/0/0" || dead != "0/1/0" {
			t.Errorf("work has %s messages, dead %s, want 1/0/0 and 0/1/0", work, dead)
		}
	})
}

func TestCloseGivesUpAMoveTask(t *testing.T) {
	inBubble(t, deadLetters(1), func(t *testing.T, s *queues.Service, c queueClient) {
		for range 3 {
			c.die(url("work"))
		}
		in := &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn("dead")), MaxNumberOfMessagesPerSecond: aws.Int32(1)}
		if _, err := c.StartMessageMoveTask(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		begin := time.Now()
		if err := s.Close(); err != nil || time.Since(begin) != 0 {
			t.Errorf("Close took %s, %v", time.Since(begin), err)
		}
		if work, dead := s.Counts()[1], s.Counts()[0]; work.Visible != 1 || dead.Visible != 2 {
			t.Errorf("work has %+v, dead %+v", work, dead)
		}
	})
}
