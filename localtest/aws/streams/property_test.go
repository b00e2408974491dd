package streams_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"serverlesschat/localtest/aws/streams"
)

// story is what happens to a mapping: what is written, how the function answers, when the mapping is killed.
type story struct {
	mapping streams.Mapping
	keys    []string // of the records, in the order in which they are written
	split   int      // before which of them the shard is split in two
	answers []answer // then always success
	lives   []life   // then one that ends well
}

type answer struct {
	kind string // success, fail, throttle, report, nonsense
	at   int    // for report
	took time.Duration
}

type life struct {
	lasts  time.Duration
	killed bool // else stopped
}

func drawStory(t *rapid.T) story {
	duration := func(most int, name string) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(t, name)) * time.Millisecond
	}
	s := story{mapping: streams.Mapping{
		BatchSize:               rapid.IntRange(1, 8).Draw(t, "batch size"),
		ParallelizationFactor:   rapid.IntRange(1, 4).Draw(t, "parallel"),
		MaximumRetryAttempts:    rapid.SampledFrom([]int{-1, 0, 1, 3}).Draw(t, "retries"),
		MaximumBatchingWindow:   duration(1, "window") * 500,
		Bisect:                  rapid.Bool().Draw(t, "bisect"),
		ReportBatchItemFailures: rapid.Bool().Draw(t, "report"),
		StartingPosition:        "TRIM_HORIZON",
	}}
	s.keys = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), 1, 40).Draw(t, "keys")
	s.split = rapid.IntRange(0, len(s.keys)).Draw(t, "split")
	for range rapid.IntRange(0, 30).Draw(t, "answers") {
		s.answers = append(s.answers, answer{
			kind: rapid.SampledFrom([]string{"success", "fail", "throttle", "report", "nonsense"}).Draw(t, "kind"),
			at:   rapid.IntRange(0, 7).Draw(t, "at"),
			took: duration(300, "took"),
		})
	}
	for range rapid.IntRange(0, 4).Draw(t, "lives") {
		s.lives = append(s.lives, life{lasts: duration(3000, "lasts"), killed: rapid.Bool().Draw(t, "killed")})
	}
	return s
}

// witness checks the promises of a mapping while a story runs: each record is delivered or given up, and no record is
// tried before all earlier ones of its key have been.
type witness struct {
	mu       sync.Mutex
	written  map[string][]string // numbers by key, in order
	keyOf    map[string]string
	handled  map[string]bool
	attempts [][]string
	problems []string
}

func (w *witness) wrote(number, key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written[key] = append(w.written[key], number)
	w.keyOf[number] = key
}

func (w *witness) tried(numbers []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts = append(w.attempts, numbers)
	for i, n := range numbers {
		for _, earlier := range w.written[w.keyOf[n]] {
			if earlier == n {
				break
			}
			if !w.handled[earlier] && !slices.Contains(numbers[:i], earlier) {
				w.problems = append(w.problems, fmt.Sprintf("%s was tried before %s of the same key", n, earlier))
			}
		}
	}
}

func (w *witness) succeeded(numbers []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range numbers {
		w.handled[n] = true
	}
}

// gaveUp reads a dead letter. It names the first and the last record and how many there are. Which ones lie between is
// known from the attempt.
func (w *witness) gaveUp(line []byte) error {
	var l struct {
		DDBStreamBatchInfo struct {
			StartSequenceNumber, EndSequenceNumber string
			BatchSize                              int
		}
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return err
	}
	b := l.DDBStreamBatchInfo
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, numbers := range slices.Backward(w.attempts) {
		i, j := slices.Index(numbers, b.StartSequenceNumber), slices.Index(numbers, b.EndSequenceNumber)
		if i >= 0 && j-i+1 == b.BatchSize {
			for _, n := range numbers[i : j+1] {
				w.handled[n] = true
			}
			return nil
		}
	}
	w.problems = append(w.problems, "a dead letter of no attempt: "+string(line))
	return nil
}

func (w *witness) verdict() []string {
	for n, key := range w.keyOf {
		if !w.handled[n] {
			w.problems = append(w.problems, fmt.Sprintf("%s of %s was lost", n, key))
		}
	}
	return w.problems
}

// mortal is a checkpoint store that a killed mapping can't write to any more.
type mortal struct {
	*memory
	mu   sync.Mutex
	dead bool
}

func (m *mortal) Save(c streams.Checkpoint) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return errThrottled
	}
	return m.memory.Save(c)
}

func (m *mortal) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
}

// run lets the story happen and returns what was wrong.
func (s story) run(t *testing.T) []string {
	w := &witness{written: map[string][]string{}, keyOf: map[string]string{}, handled: map[string]bool{}}
	f := newFunction(nil)
	f.answer = func(n int, a attempt) (streams.Response, error) {
		w.tried(a.numbers)
		if n >= len(s.answers) {
			w.succeeded(a.numbers)
			return streams.Response{}, nil
		}
		time.Sleep(s.answers[n].took)
		r, err := s.answers[n].give(a.numbers)
		if err == nil && r.FunctionError == "" && string(r.Payload) != nonsense {
			w.succeeded(a.numbers[:reportedAt(r, a.numbers)])
		}
		return r, err
	}
	set := newSetup(f, nil)
	s.mapping.Function = set.config.Mapping.Function
	if !s.mapping.ReportBatchItemFailures {
		for i, a := range s.answers {
			if a.kind == "report" || a.kind == "nonsense" {
				s.answers[i].kind = "fail"
			}
		}
	}
	set.config.Mapping = s.mapping
	set.config.DeadLetter = w.gaveUp
	set.config.PollInterval, set.config.RetryBase, set.config.RetryLimit = 50*time.Millisecond, 20*time.Millisecond, 100*time.Millisecond
	go s.write(set.stream, w)
	for _, l := range append(s.lives, life{lasts: time.Minute}) {
		l.run(t, set)
	}
	return w.verdict()
}

const nonsense = `{"batchItemFailures":[{}]}`

func (a answer) give(numbers []string) (streams.Response, error) {
	switch a.kind {
	case "fail":
		return failed()
	case "throttle":
		return streams.Response{}, errThrottled
	case "report":
		return report(numbers[a.at%len(numbers)])
	case "nonsense":
		return streams.Response{Payload: []byte(nonsense)}, nil
	}
	return report()
}

// write fills the stream while the mapping runs. The shard is split by key.
func (s story) write(stream *fakeStream, w *witness) {
	child := map[bool]string{true: "shard-1", false: "shard-2"}
	for i, key := range s.keys {
		if i == s.split {
			stream.split("shard-0", "shard-1", "shard-2")
		}
		shard := "shard-0"
		if i >= s.split {
			shard = child[key < "c"]
		}
		stream.mu.Lock() // so that nobody reads the record before the witness knows it
		number := fmt.Sprintf("%021d", stream.last+1)
		w.wrote(number, key)
		stream.mu.Unlock()
		stream.put(shard, key)
		time.Sleep(time.Duration(i%3) * 15 * time.Millisecond)
	}
}

func (l life) run(t *testing.T, set *setup) {
	store := &mortal{memory: set.store}
	set.config.Checkpoints = store
	stop := set.start(t)
	time.Sleep(l.lasts)
	if l.killed {
		store.kill()
	}
	stop()
}

func TestWhateverHappensEachRecordIsDeliveredOrGivenUpInItsKeysOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawStory(rt)
		var problems []string
		synctest.Test(t, func(t *testing.T) { problems = s.run(t) })
		if len(problems) > 0 {
			rt.Fatalf("%d problems, the first is: %s", len(problems), problems[0])
		}
	})
}
