package chattest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/dynamo/dynamotest"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
	"serverlesschat/localtest/aws/engine/enginetest"
)

// mutant is the chat with one mistake.
type mutant struct {
	name   string
	breaks int // the promise that it must be seen to break, among others maybe
	parts  func(m mutated) parts
}

// mutated is what mutants are made from.
type mutated struct {
	parts
	store chattest.Store
	// unconditional is the store, but Place overwrites voids or claims without a condition.
	unconditional func(unconditionalPuts) chattest.Store
}

// mutants are the broken chats, at least one for each promise.
var mutants = []mutant{
	{"ack though the place failed", 1, withLog(func(s roomlog.WriterStore) roomlog.WriterStore { return ackEarly{s} })},
	{"history does not wait at a hole", 1, withPage(func(ctx context.Context, r *roomlog.Reader, _ *chattest.Actor, q roomlog.Query) (roomlog.Page, error) {
		return r.PageNow(ctx, q)
	})},
	{"a void overwrites an entry", 1, func(m mutated) parts {
		return withWake(func(ctx context.Context, v env, a *chattest.Actor, room chat.RoomID, id chat.EntryID) error {
			return wakerOn(v, a, overwriting{a, m.unconditional(unconditionalVoids)}, pusher(v, a)).Wake(ctx, room, id)
		})(m)
	}},
	{"the counter gives an id twice", 3, withLog(func(s roomlog.WriterStore) roomlog.WriterStore { return &stutter{WriterStore: s} })},
	{"history shows past a hole", 2, withPage(func(ctx context.Context, _ *roomlog.Reader, a *chattest.Actor, q roomlog.Query) (roomlog.Page, error) {
		return pageOfWhatIsThere(ctx, a, q)
	})},
	{"the fan-out pushes past a hole", 2, withFanout(brokenFanout{pastHoles: true})},
	{"the claim is not conditional", 3, func(m mutated) parts {
		return withLog(func(s roomlog.WriterStore) roomlog.WriterStore {
			return reclaiming{s, m.unconditional(unconditionalClaims)}
		})(m)
	}},
	{"no claims at all", 3, withLog(func(s roomlog.WriterStore) roomlog.WriterStore { return unclaimed{s} })},
	{"a void under a claim is left without moving the claim", 3, withLog(func(s roomlog.WriterStore) roomlog.WriterStore { return unmoved{s} })},
	{"the claim moves without a void having been seen", 3, withLog(func(s roomlog.WriterStore) roomlog.WriterStore { return hasty{s} })},
	{"the position moves before the push", 4, withFanout(brokenFanout{positionFirst: true})},
	{"subscriptions are read before the log", 4, withFanout(brokenFanout{subscriptionsFirst: true})},
	{"the log is read before the subscription is written", 4, func(m mutated) parts {
		m.join = joinAfterReading
		return m.parts
	}},
	{"the fan-out does not wait at a hole", 4, withFanout(brokenFanout{impatient: true})},
	{"a client that can't be reached is passed over", 4, withWake(func(ctx context.Context, v env, a *chattest.Actor, room chat.RoomID, id chat.EntryID) error {
		return waker(v, a, passingOver{a}).Wake(ctx, room, id)
	})},
	{"coming back misses an entry", 5, func(m mutated) parts {
		right := m.join
		m.join = func(ctx context.Context, v env, a *chattest.Actor, caller chat.Caller, in rooms.JoinRoom) (roomlog.Page, error) {
			if in.AfterID != nil {
				in.AfterID = new(*in.AfterID + 1)
			}
			return right(ctx, v, a, caller, in)
		}
		return m.parts
	}},
	{"an id is reserved before anything is checked", 7, func(m mutated) parts {
		right := m.send
		m.send = func(ctx context.Context, v env, a *chattest.Actor, user chat.UserID, in messages.SendMessage) (chat.Entry, error) {
			if _, err := a.Reserve(ctx, in.Room, roomlog.NoLease); err != nil {
				return chat.Entry{}, err
			}
			return right(ctx, v, a, user, in)
		}
		return m.parts
	}},
	{"refused content is stored", 7, func(m mutated) parts {
		right := m.send
		m.send = func(ctx context.Context, v env, a *chattest.Actor, user chat.UserID, in messages.SendMessage) (chat.Entry, error) {
			e, err := right(ctx, v, a, user, in)
			if chat.CodeOf(err) == chat.CodeConflict {
				_, _ = sendBy(ctx, v, a, unclaimed{a}, nil, user, in)
			}
			return e, err
		}
		return m.parts
	}},
}

// maxOrders bounds the search for one mistake. The seeds are fixed: what is found once is found again.
const maxOrders = 1000

// firstSeeds are where the search for mistakes begins that few orders show, a little before one that does. The search
// from 0 finds them too, after some hundred orders, which would take most of this package's time.
func firstSeeds() map[string]uint64 {
	return map[string]uint64{
		"a void overwrites an entry":                    140,
		"subscriptions are read before the log":         105,
		"the page is read before the marks":             220,
		"the target of an edit in the tail is not read": 315,
		"a message is changed without a condition":      330,
	}
}

// TestMutants: the same search that finds nothing wrong with the chat finds each of these mistakes.
func TestMutants(t *testing.T) {
	e := enginetest.Dynoxide(t)
	store, tables := dynamotest.New(t, e.DynamoDB, e.TableName(""))
	var rooms atomic.Int64
	newRoom := func() chat.RoomID { return chat.RoomID(fmt.Sprint("room", rooms.Add(1))) }
	all := slices.Concat(mutants, changeMutants)
	rows := make([]string, len(all))
	t.Run("each", func(t *testing.T) {
		for i, m := range all {
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				rows[i] = m.caught(t, i >= len(mutants), newRoom, mutated{
					parts: theChat(), store: store,
					unconditional: func(c unconditionalPuts) chattest.Store { return unconditionalStore(e, tables, c) },
				})
			})
		}
	})
	t.Logf("what the checker caught:\n%s", strings.Join(rows, "\n"))
}

// caught searches until the checker sees the mistake, and returns a line that says how. changes says whether messages are
// changed.
func (m mutant) caught(t *testing.T, changes bool, newRoom func() chat.RoomID, from mutated) string {
	p, first := m.parts(from), firstSeeds()[m.name]
	for n := range uint64(maxOrders) {
		seed := first + n
		random := rand.New(rand.NewPCG(seed, 0))
		w := newInterleaving(t.Context(), p, from.store, newRoom(), func(_ string, n int) int { return random.IntN(n) })
		w.changes = changes
		o, err := w.run()
		if err != nil {
			t.Fatalf("%v\n%s", err, strings.Join(o.journal, "\n"))
		}
		found := o.broken
		if at := slices.IndexFunc(found, func(v chattest.Violation) bool { return v.Promise == m.breaks }); at >= 0 {
			return fmt.Sprintf("%-56s promises %-12s after %3d orders: %s",
				m.name, strings.Trim(fmt.Sprint(found.Promises()), "[]"), n+1, found[at].What)
		}
	}
	t.Errorf("nobody has seen in %d orders that promise %d is broken", maxOrders, m.breaks)
	return m.name
}
