package chattest_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/dynamo/dynamotest"
	"serverlesschat/localtest/aws/engine/enginetest"
)

// searcher runs interleavings of a chat on one engine, each in a room of its own.
type searcher struct {
	t     *testing.T
	parts parts
	store chattest.Store
	rooms atomic.Int64
	end   time.Time
	found bool

	runs    int
	changes int // edits, deletions and reactions in all logs
}

func newSearcher(t *testing.T, e *enginetest.Engine, p parts) *searcher {
	store, _ := dynamotest.New(t, e.DynamoDB, e.TableName(""))
	return &searcher{t: t, parts: p, store: store, end: time.Now().Add(searchTime(t, 3*time.Second))}
}

func (s *searcher) newRoom() chat.RoomID { return chat.RoomID(fmt.Sprint("room", s.rooms.Add(1))) }

// over reports whether there has been enough searching. It does not end what shrinks a failure.
func (s *searcher) over() bool { return !s.found && time.Now().After(s.end) }

// run runs one interleaving. It returns what was wrong, or "".
func (s *searcher) run(choose choices) string {
	s.runs++
	o, err := runInterleaving(s.t.Context(), s.parts, s.store, s.newRoom(), choose)
	s.changes += o.changes
	if err == nil && len(o.broken) == 0 {
		return ""
	}
	s.found = true
	text := o.broken.String()
	if err != nil {
		text += err.Error() + "\n"
	}
	return text + strings.Join(o.journal, "\n")
}

// TestPromisesInAnyOrder searches orders of store calls, and faults between them, for one in which a promise is not
// kept. A failure is shrunk to a small one, and reported with its seed (-rapid.seed).
func TestPromisesInAnyOrder(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		s := newSearcher(t, e, theChat())
		rapid.Check(t, func(rt *rapid.T) {
			if s.over() {
				return
			}
			wrong := s.run(func(what string, n int) int { return rapid.IntRange(0, n-1).Draw(rt, what) })
			if wrong != "" {
				rt.Log(wrong)
				rt.Fatal("a promise was not kept") // the same text each time, or it would not be shrunk
			}
		})
		t.Logf("%d orders with %d changes", s.runs, s.changes)
	})
}

// TestPromisesInRandomOrder is the same with numbers that are all as likely as each other. A failure names its seed,
// which CHECK_SEED runs again.
func TestPromisesInRandomOrder(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		s := newSearcher(t, e, theChat())
		first, only := seedToCheck(t)
		for seed := first; !s.over(); seed++ {
			random := rand.New(rand.NewPCG(seed, 0))
			if wrong := s.run(func(_ string, n int) int { return random.IntN(n) }); wrong != "" {
				t.Fatalf("CHECK_SEED=%d\n%s", seed, wrong)
			}
			if only {
				break
			}
		}
		t.Logf("%d orders with %d changes, from CHECK_SEED=%d on", s.runs, s.changes, first)
	})
}
