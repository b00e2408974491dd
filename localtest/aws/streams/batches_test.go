package streams_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/localtest/aws/streams"
)

func TestBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(nil)
		s := newSetup(f, func(m *streams.Mapping) { m.BatchSize = 3 })
		s.put("a", "b", "c", "d", "e", "f", "g")
		s.run(t, time.Second)
		equalBatches(t, f, []string{"1", "2", "3"}, []string{"4", "5", "6"}, []string{"7"})
		if f.attempts[0].at > 0 {
			t.Errorf("what was there at the start was delivered after %s", f.attempts[0].at)
		}
	})
}

func TestWhileABatchRunsTheNextGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(func(int, attempt) (streams.Response, error) {
			time.Sleep(105 * time.Millisecond)
			return streams.Response{}, nil
		})
		s := newSetup(f, nil)
		stop := s.start(t)
		s.put("a")
		for range 9 {
			time.Sleep(10 * time.Millisecond)
			s.put("a")
		}
		time.Sleep(time.Second)
		stop()
		equalBatches(t, f, []string{"1"}, []string{"2", "3", "4", "5", "6", "7", "8", "9", "10"})
	})
}

func TestABatchHoldsSixMegabytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sizes := make(chan int, 10)
		f := newFunction(nil)
		s := newSetup(f, func(m *streams.Mapping) { m.BatchSize = 1000 })
		s.config.Invoke = func(ctx context.Context, function, source string, payload []byte) (streams.Response, error) {
			sizes <- len(payload)
			return f.invoke(ctx, function, source, payload)
		}
		for i := range 20 {
			s.put(fmt.Sprint(i, string(make([]byte, 100_000)))) // a zero byte is 6 bytes of JSON
		}
		s.run(t, time.Second)
		close(sizes)
		total := 0
		for n := range sizes {
			if total += n; n > 6<<20 {
				t.Errorf("an event of %d bytes", n)
			}
		}
		if total < 20*600_000 || len(f.attempts) != 2 || len(f.done) != 20 {
			t.Errorf("%d bytes in %d events, %d records", total, len(f.attempts), len(f.done))
		}
	})
}

func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(nil)
		s := newSetup(f, func(m *streams.Mapping) { m.BatchSize, m.MaximumBatchingWindow = 4, 5*time.Second })
		stop := s.start(t)
		time.Sleep(12 * time.Second) // two windows without records go by; the third ends at 15 s
		s.put("a")
		time.Sleep(time.Second)
		s.put("b")
		time.Sleep(10 * time.Second)
		s.put("c", "d", "e", "f", "g") // a full batch does not wait; the next window begins with its end
		time.Sleep(10 * time.Second)
		stop()
		equalBatches(t, f, []string{"1", "2"}, []string{"3", "4", "5", "6"}, []string{"7"})
		if len(f.attempts) == 3 {
			for i, want := range []time.Duration{15 * time.Second, 23 * time.Second, 28 * time.Second} {
				if late := f.attempts[i].at - want; late < 0 || late > 20*time.Millisecond {
					t.Errorf("batch %d came after %s, want %s", i, f.attempts[i].at, want)
				}
			}
		}
	})
}
