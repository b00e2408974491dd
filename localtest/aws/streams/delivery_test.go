package streams_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/localtest/aws/streams"
)

func TestAFailedBatchBlocksAndIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(func(n int, _ attempt) (streams.Response, error) {
			if n < 8 {
				return failed()
			}
			return streams.Response{}, nil
		})
		s := newSetup(f, func(m *streams.Mapping) { m.BatchSize = 2 })
		s.put("a", "b", "c")
		s.run(t, time.Minute)
		var want [][]string
		for range 9 {
			want = append(want, []string{"1", "2"})
		}
		equalBatches(t, f, append(want, []string{"3"})...)
		for i, pause := range []int{200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 0} {
			if got := f.attempts[i+1].at - f.attempts[i].at; got != time.Duration(pause)*time.Millisecond {
				t.Errorf("pause %d is %s, want %d ms", i, got, pause)
			}
		}
	})
}

func TestProgressStartsTheBackoffAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(func(n int, a attempt) (streams.Response, error) {
			switch n {
			case 0, 1, 3:
				return failed()
			case 2:
				return report(a.numbers[1])
			}
			return report()
		})
		s := newSetup(f, func(m *streams.Mapping) { m.ReportBatchItemFailures = true })
		s.put("a", "b")
		s.run(t, time.Minute)
		equalBatches(t, f, []string{"1", "2"}, []string{"1", "2"}, []string{"1", "2"}, []string{"2"}, []string{"2"})
		for i, pause := range []int{200, 400, 200, 400} {
			if got := f.attempts[i+1].at - f.attempts[i].at; got != time.Duration(pause)*time.Millisecond {
				t.Errorf("pause %d is %s, want %d ms", i, got, pause)
			}
		}
	})
}

func TestRetriesExhausted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(func(n int, _ attempt) (streams.Response, error) {
			if n < 3 {
				return failed()
			}
			return streams.Response{}, nil
		})
		s := newSetup(f, func(m *streams.Mapping) { m.BatchSize, m.MaximumRetryAttempts = 2, 2 })
		time.Sleep(1500 * time.Millisecond)
		s.put("a")
		time.Sleep(time.Second)
		s.put("b", "c")
		s.run(t, time.Minute)
		equalBatches(t, f, []string{"1", "2"}, []string{"1", "2"}, []string{"1", "2"}, []string{"3"})
		const want = `{"requestContext":{"requestId":"request-1","functionArn":"arn:aws:lambda:eu-west-1:123456789012:function:fanout",` +
			`"condition":"RetryAttemptsExhausted","approximateInvokeCount":3},` +
			`"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},` +
			`"version":"1.0","timestamp":"2000-01-01T00:00:03.100Z",` +
			`"DDBStreamBatchInfo":{"shardId":"shard-0","startSequenceNumber":"000000000000000000001","endSequenceNumber":"000000000000000000002",` +
			`"approximateArrivalOfFirstRecord":"2000-01-01T00:00:01Z","approximateArrivalOfLastRecord":"2000-01-01T00:00:02Z","batchSize":2,` +
			`"streamArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/T/stream/1"}}`
		if len(s.letters.lines) != 1 || s.letters.lines[0] != want {
			t.Errorf("dead letters\n%v\nwant\n%s", s.letters.lines, want)
		}
		if p := s.store.position("shard-0"); p.After != "3" {
			t.Errorf("the checkpoint is %+v", p)
		}
	})
}

func TestThrottlesDoNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(func(n int, _ attempt) (streams.Response, error) {
			switch {
			case n < 10:
				return streams.Response{}, errThrottled
			case n < 11:
				return failed()
			}
			return streams.Response{}, nil
		})
		s := newSetup(f, func(m *streams.Mapping) { m.MaximumRetryAttempts = 1 })
		s.put("a")
		s.run(t, 10*time.Minute)
		if len(f.attempts) != 12 || len(f.done) != 1 || len(s.letters.lines) != 0 {
			t.Errorf("%d attempts, done %v, dead letters %v", len(f.attempts), f.done, s.letters.lines)
		}
	})
}

func TestOldRecordsAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(func(_ int, a attempt) (streams.Response, error) {
			if a.numbers[0] == fmt.Sprintf("%021d", 1) {
				return streams.Response{}, errThrottled
			}
			return streams.Response{}, nil
		})
		s := newSetup(f, func(m *streams.Mapping) { m.MaximumRecordAge = time.Minute })
		time.Sleep(time.Second) // off the full minute
		s.put("a")
		stop := s.start(t)
		time.Sleep(45 * time.Second)
		s.put("b")
		time.Sleep(10 * time.Minute)
		stop()
		last := f.attempts[len(f.attempts)-1]
		if !slices.Equal(last.numbers, []string{fmt.Sprintf("%021d", 2)}) {
			t.Errorf("the last batch is %v", last.numbers)
		}
		if before := f.attempts[len(f.attempts)-2].at; before > 61*time.Second {
			t.Errorf("the old record was tried after %s", before)
		}
		checkLetter(t, s, "RecordAgeExceeded", 1, 1)
	})
}

// checkLetter checks that there is one dead letter, of the condition, for the records from first to last.
func checkLetter(t *testing.T, s *setup, condition string, first, last int) {
	t.Helper()
	if len(s.letters.lines) != 1 {
		t.Fatalf("dead letters: %v", s.letters.lines)
	}
	var l struct {
		RequestContext     struct{ Condition string }
		DDBStreamBatchInfo struct{ StartSequenceNumber, EndSequenceNumber string }
	}
	if err := json.Unmarshal([]byte(s.letters.lines[0]), &l); err != nil {
		t.Fatal(err)
	}
	b := l.DDBStreamBatchInfo
	if l.RequestContext.Condition != condition || b.StartSequenceNumber != fmt.Sprintf("%021d", first) || b.EndSequenceNumber != fmt.Sprintf("%021d", last) {
		t.Errorf("dead letter %s", s.letters.lines[0])
	}
}

func TestBisect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		poison := fmt.Sprintf("%021d", 6)
		f := newFunction(func(_ int, a attempt) (streams.Response, error) {
			if slices.Contains(a.numbers, poison) {
				return failed()
			}
			return streams.Response{}, nil
		})
		s := newSetup(f, func(m *streams.Mapping) { m.Bisect, m.MaximumRetryAttempts = true, 1 })
		s.put("a", "b", "c", "d", "e", "f", "g", "h")
		s.run(t, time.Minute)
		equalBatches(t, f,
			[]string{"1", "2", "3", "4", "5", "6", "7", "8"},
			[]string{"1", "2", "3", "4"}, []string{"5", "6", "7", "8"},
			[]string{"5", "6"}, []string{"5"}, []string{"6"}, []string{"6"}, // cutting is no attempt
			[]string{"7", "8"})
		checkLetter(t, s, "RetryAttemptsExhausted", 6, 6)
	})
}

func TestPartialFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(func(n int, a attempt) (streams.Response, error) {
			switch n {
			case 0:
				return report(a.numbers[4], a.numbers[2]) // the lowest counts
			case 1, 2:
				return report(a.numbers[0])
			}
			return report()
		})
		s := newSetup(f, func(m *streams.Mapping) { m.ReportBatchItemFailures, m.Bisect, m.MaximumRetryAttempts = true, true, 2 })
		s.put("a", "b", "c", "d", "e")
		stop := s.start(t)
		time.Sleep(150 * time.Millisecond)
		if p := s.store.position("shard-0"); p.After != "2" {
			t.Errorf("after a partial success the checkpoint is %+v", p)
		}
		time.Sleep(time.Minute)
		s.put("f")
		time.Sleep(time.Minute)
		stop()
		equalBatches(t, f, []string{"1", "2", "3", "4", "5"}, []string{"3", "4", "5"}, []string{"3", "4", "5"}, []string{"6"})
		checkLetter(t, s, "RetryAttemptsExhausted", 3, 5)
	})
}

func TestADeadLetterThatCannotBeWrittenIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(func(int, attempt) (streams.Response, error) { return failed() })
		s := newSetup(f, func(m *streams.Mapping) { m.MaximumRetryAttempts = 0 })
		var full atomic.Bool
		full.Store(true)
		s.config.DeadLetter = func(line []byte) error {
			if full.Load() {
				return errors.New("disk full")
			}
			return s.letters.add(line)
		}
		s.put("a")
		s.run(t, time.Minute)
		if after := s.store.position("shard-0").After; after != "" {
			t.Errorf("the checkpoint is %q, and the letter is nowhere", after)
		}
		full.Store(false)
		s.run(t, time.Minute)
		checkLetter(t, s, "RetryAttemptsExhausted", 1, 1)
		if after := s.store.position("shard-0").After; after != "1" {
			t.Errorf("the checkpoint is %q", after)
		}
	})
}

func TestALaneThatIsStuckHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(func(_ int, a attempt) (streams.Response, error) {
			if slices.Contains(a.keys, "poison") {
				return failed()
			}
			return streams.Response{}, nil
		})
		s := newSetup(f, func(m *streams.Mapping) { m.ParallelizationFactor = 10 })
		s.put("poison")
		for i := range 100 {
			s.put(fmt.Sprint("key-", i))
		}
		s.run(t, time.Minute)
		// Nine lanes of ten go on; the tenth has the poison and a few others.
		if n := len(f.done); n < 70 || n == 100 {
			t.Errorf("%d records of 100 got through", n)
		}
		if after := s.store.position("shard-0").After; after != "" {
			t.Errorf("the checkpoint %q is past what is not done with", after)
		}
	})
}

func TestStopWaitsForWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(func(int, attempt) (streams.Response, error) {
			time.Sleep(5 * time.Second)
			return streams.Response{}, nil
		})
		s := newSetup(f, func(m *streams.Mapping) { m.BatchSize = 1 })
		s.config.Invoke = func(ctx context.Context, function, source string, payload []byte) (streams.Response, error) {
			r, _ := f.invoke(ctx, function, source, payload)
			if function != "fanout" || source != "stream" {
				t.Errorf("invoked: %q from %q", function, source)
			}
			return r, ctx.Err()
		}
		s.put("a", "b")
		s.run(t, time.Second)
		equalBatches(t, f, []string{"1"})
		if after := s.store.position("shard-0").After; after != "1" {
			t.Errorf("the checkpoint is %q", after)
		}
	})
}
