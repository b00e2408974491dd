package streams_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"serverlesschat/localtest/aws/streams"
)

// numbers are what was delivered, in the order of first success, without zeros.
func (f *function) numbers() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, n := range f.done {
		if n = strings.TrimLeft(n, "0"); !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}

func TestChildrenComeAfterTheirParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(func(n int, a attempt) (streams.Response, error) {
			if n < 4 { // the parent takes long
				return failed()
			}
			return streams.Response{}, nil
		})
		s := newSetup(f, nil)
		s.put("a", "b")
		s.stream.split("shard-0", "shard-1", "shard-2")
		s.stream.put("shard-1", "a")
		s.stream.put("shard-2", "b")
		stop := s.start(t)
		time.Sleep(time.Minute)
		s.stream.split("shard-1", "shard-3")
		s.stream.put("shard-3", "a")
		time.Sleep(5 * time.Second)
		stop()
		if got := f.numbers(); len(got) != 5 || !slices.Equal(got[:2], []string{"1", "2"}) || got[4] != "5" {
			t.Errorf("delivered in the order %v", got)
		}
		want := map[string]streams.Position{"shard-0": {After: "2", Finished: true}, "shard-1": {After: "3", Finished: true},
			"shard-2": {After: "4"}, "shard-3": {After: "5"}}
		for id, w := range want {
			if got := s.store.position(id); got != w {
				t.Errorf("the position in %s is %+v, want %+v", id, got, w)
			}
		}
		s.run(t, time.Minute) // a finished shard is not read again
		if got := f.numbers(); len(got) != 5 || len(f.attempts) != 8 {
			t.Errorf("after a restart: %v, %d attempts", got, len(f.attempts))
		}
	})
}

func TestStartAtLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *setup
		f := newFunction(func(n int, _ attempt) (streams.Response, error) {
			if n > 0 {
				return streams.Response{}, nil
			}
			if at := s.store.position("shard-1").At; at != "4" {
				t.Errorf("a crash now would lose the first record: the checkpoint is at %q", at)
			}
			return failed()
		})
		s = newSetup(f, func(m *streams.Mapping) { m.StartingPosition = "LATEST" })
		s.put("a", "b")
		s.stream.split("shard-0", "shard-1")
		s.stream.put("shard-1", "a")
		stop := s.start(t)
		time.Sleep(time.Second)
		s.stream.put("shard-1", "a")
		time.Sleep(150 * time.Millisecond) // the first attempt has failed
		stop()
		if len(f.attempts) != 1 {
			t.Fatalf("%d attempts", len(f.attempts))
		}
		s.run(t, time.Second) // what was read but not done with is not forgotten
		if got := f.numbers(); !slices.Equal(got, []string{"4"}) {
			t.Errorf("delivered %v", got)
		}
		s.stream.put("shard-1", "a") // while nobody reads
		s.stream.split("shard-1", "shard-2")
		s.stream.put("shard-2", "a")
		s.run(t, time.Second)
		if got := f.numbers(); !slices.Equal(got, []string{"4", "5", "6"}) {
			t.Errorf("delivered %v", got)
		}
	})
}

// One that has found nothing has no position yet: it must not begin at the oldest record when it starts again.
func TestStartAtLatestAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(nil)
		s := newSetup(f, func(m *streams.Mapping) { m.StartingPosition = "LATEST" })
		s.put("a", "b")
		s.run(t, time.Second)
		stop := s.start(t)
		time.Sleep(time.Second)
		s.put("a")
		time.Sleep(time.Second)
		stop()
		if got := f.numbers(); !slices.Equal(got, []string{"3"}) {
			t.Errorf("delivered %v", got)
		}
	})
}

// A shard that comes later is read from its beginning, whatever the starting position.
func TestAShardThatComesAfterLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(nil)
		s := newSetup(f, func(m *streams.Mapping) { m.StartingPosition = "LATEST" })
		s.put("a")
		stop := s.start(t)
		time.Sleep(time.Second)
		s.stream.split("shard-0", "shard-1")
		s.stream.put("shard-1", "a")
		time.Sleep(time.Second)
		stop()
		if got := f.numbers(); !slices.Equal(got, []string{"2"}) {
			t.Errorf("delivered %v", got)
		}
	})
}

func TestAnExpiredIteratorRepeatsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(nil)
		s := newSetup(f, nil)
		s.put("a")
		stop := s.start(t)
		for range 3 {
			time.Sleep(time.Second)
			s.stream.expire()
			s.put("a")
		}
		time.Sleep(time.Second)
		stop()
		equalBatches(t, f, []string{"1"}, []string{"2"}, []string{"3"}, []string{"4"})
	})
}

func TestAPositionThatIsNoLongerKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(nil)
		s := newSetup(f, nil)
		s.put("a", "b")
		s.run(t, time.Second)
		s.put("c", "d", "e")
		s.stream.trim("shard-0", 3)
		s.run(t, time.Second)
		if got := f.numbers(); !slices.Equal(got, []string{"1", "2", "4", "5"}) {
			t.Errorf("delivered %v", got)
		}
	})
}

func TestACheckpointOfAnotherStreamIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(nil)
		s := newSetup(f, nil)
		s.put("a", "b")
		s.store.saved = streams.Checkpoint{Stream: "another", Shards: map[string]streams.Position{"shard-0": {After: "1"}}}
		s.run(t, time.Second)
		if got := f.numbers(); !slices.Equal(got, []string{"1", "2"}) {
			t.Errorf("delivered %v", got)
		}
	})
}

func TestFailuresOfTheEngineAreSurvived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(nil)
		s := newSetup(f, nil)
		calls := 0
		s.stream.fail = func(call string) error {
			calls++
			switch {
			case calls%2 == 0:
				return errors.New("connection refused")
			case call == "GetRecords" && calls%7 == 0:
				return &types.TrimmedDataAccessException{}
			}
			return nil
		}
		stop := s.start(t)
		for range 50 {
			s.put("a")
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(30 * time.Second)
		stop()
		got := f.numbers()
		if len(got) != 50 || got[0] != "1" || got[49] != "50" {
			t.Errorf("delivered %v", got)
		}
	})
}

// An iterator whose place has been trimmed meanwhile is no way to go on: it fails for ever.
func TestAnIteratorThatWasTrimmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(nil)
		s := newSetup(f, nil)
		iterators := 0
		s.stream.fail = func(call string) error {
			switch {
			case call == "GetShardIterator":
				iterators++
			case call == "GetRecords" && iterators == 1:
				return &types.TrimmedDataAccessException{}
			}
			return nil
		}
		s.put("a", "b")
		s.run(t, time.Minute)
		if got := f.numbers(); !slices.Equal(got, []string{"1", "2"}) {
			t.Errorf("delivered %v", got)
		}
	})
}

func TestAnIdleStreamCostsOneReadAPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(newFunction(nil), nil)
		s.run(t, 10*time.Second)
		if n := s.stream.called("GetRecords"); n < 990 || n > 1001 {
			t.Errorf("%d reads in 10 s at 10 ms", n)
		}
		if d, i := s.stream.called("DescribeStream"), s.stream.called("GetShardIterator"); d != 1 || i != 1 {
			t.Errorf("%d descriptions, %d iterators", d, i)
		}
	})
}

func TestManyRecordsAreReadWithoutPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(nil)
		s := newSetup(f, func(m *streams.Mapping) { m.BatchSize = 10_000 })
		for i := range 5500 {
			s.put(fmt.Sprint(i % 10))
		}
		s.run(t, 5*time.Millisecond)
		if got := len(f.done); got != 5500 {
			t.Errorf("%d records within one poll", got)
		}
	})
}

// No more is read into memory than a limit while the function gets nowhere.
func TestReadingStopsWhileNothingGetsThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var through atomic.Bool
		f := newFunction(func(int, attempt) (streams.Response, error) {
			if !through.Load() {
				return streams.Response{}, errThrottled
			}
			return streams.Response{}, nil
		})
		s := newSetup(f, func(m *streams.Mapping) { m.BatchSize = 1000 })
		for range 23_000 {
			s.put("a")
		}
		stop := s.start(t)
		time.Sleep(time.Minute)
		if n := s.stream.called("GetRecords"); n != 20 {
			t.Errorf("%d pages of 1,000 were read", n)
		}
		through.Store(true)
		time.Sleep(time.Minute)
		stop()
		if len(f.done) != 23_000 {
			t.Errorf("%d records got through", len(f.done))
		}
	})
}
