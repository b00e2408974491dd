package queues_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/localtest/aws/queues"
)

func TestABatchHasTenMessagesAtMost(t *testing.T) {
	for size, want := range map[int][]int{0: {10, 2}, 5: {5, 5, 2}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, c queueClient) {
				for range 12 {
					c.send(url("work"), "x")
				}
				f := newFunction(nil)
				poll(t, s, f, queues.Mapping{BatchSize: size})
				synctest.Wait()
				expectSizes(t, f, want...)
			})
		})
	}
}

// expectSizes compares how many messages the batches had, in any order.
func expectSizes(t *testing.T, f *function, want ...int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	counts := map[int]int{}
	for _, n := range want {
		counts[n]++
	}
	for _, a := range f.attempts {
		counts[len(a.records)]--
	}
	for n, difference := range counts {
		if difference != 0 {
			t.Errorf("of batches of %d, %d are missing (%d in all, want %v)", n, difference, len(f.attempts), want)
		}
	}
}

func TestABatchingWindowBeginsWithTheFirstMessage(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, c queueClient) {
		f := newFunction(nil)
		poll(t, s, f, queues.Mapping{BatchSize: 3, MaximumBatchingWindow: 10 * time.Second})
		time.Sleep(5 * time.Second)
		c.send(url("work"), "one")
		time.Sleep(9 * time.Second)
		c.send(url("work"), "two")
		time.Sleep(6 * time.Second) // 20 s; the next batch is full before its window ends
		for _, body := range []string{"three", "four", "five"} {
			c.send(url("work"), body)
			time.Sleep(time.Second)
		}
		time.Sleep(time.Hour)
		f.expect(t, "15s one two", "22s five four three")
	})
}

func TestABatchingWindowTakesMoreThanTenMessages(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, c queueClient) {
		for range 25 {
			c.send(url("work"), "x")
		}
		f := newFunction(nil)
		poll(t, s, f, queues.Mapping{BatchSize: 100, MaximumBatchingWindow: time.Second})
		time.Sleep(time.Minute)
		expectSizes(t, f, 25)
	})
}

func TestABatchFitsIntoAnInvocation(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, c queueClient) {
		for range 7 {
			c.send(url("work"), strings.Repeat("x", 1<<20))
		}
		f := newFunction(nil)
		poll(t, s, f, queues.Mapping{})
		time.Sleep(time.Minute)
		expectSizes(t, f, 5, 2)
		for _, n := range f.payloads {
			if n > 6<<20 {
				t.Errorf("a payload has %d bytes, more than 6 MiB", n)
			}
		}
	})
}

// slow is a function that takes ten seconds.
func slow() *function {
	return newFunction(func(int, attempt) (queues.Response, error) {
		time.Sleep(10 * time.Second)
		return queues.Response{}, nil
	})
}

func TestMaximumConcurrencyHolds(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, c queueClient) {
		for range 5 {
			c.send(url("work"), "x")
		}
		f := slow()
		poll(t, s, f, queues.Mapping{BatchSize: 1, MaximumConcurrency: 2})
		time.Sleep(5 * time.Second)
		if got := c.counts(url("work")); got != "3/2/0" {
			t.Errorf("there are %s messages, want 3/2/0: what waits for a batch to end is not received", got)
		}
		time.Sleep(time.Hour)
		f.expect(t, "0s x", "0s x", "10s x", "10s x", "20s x")
	})
}

// Five at first, then one more each 200 ms, which is 300 a minute; and five again after a rest.
func TestConcurrencyGrowsWhileMessagesAreLeft(t *testing.T) {
	inBubble(t, oneQueue(), func(t *testing.T, s *queues.Service, c queueClient) {
		f := slow()
		poll(t, s, f, queues.Mapping{BatchSize: 1})
		for range 2 {
			for range 8 {
				c.send(url("work"), "x")
			}
			time.Sleep(time.Minute)
		}
		f.expect(t, "0s x", "0s x", "0s x", "0s x", "0s x", "200ms x", "400ms x", "600ms x",
			"1m0s x", "1m0s x", "1m0s x", "1m0s x", "1m0s x", "1m0.2s x", "1m0.4s x", "1m0.6s x")
	})
}
