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
	"serverlesschat/localtest/aws/engine/enginetest"
)

// followInterleaving runs an interleaving that the model follows.
func followInterleaving(
	ctx context.Context, p parts, store chattest.Store, room chat.RoomID, seed uint64,
) (f *follower, journal []string, err error) {
	random := rand.New(rand.NewPCG(seed, 0))
	w := newInterleaving(ctx, p, store, room, func(_ string, n int) int { return random.IntN(n) })
	w.follow = newFollower(w.env.direct, w.env.now)
	o, err := w.run()
	return w.follow, o.journal, err
}

// TestCallsFollowTheModel: what senders, wakes and jobs call, and in which order, is what was searched.
func TestCallsFollowTheModel(t *testing.T) {
	s := newSearcher(t, enginetest.Dynoxide(t), theChat())
	first, only := seedToCheck(t)
	calls, full := 0, 0
	for seed := first; !s.over(); seed++ {
		s.runs++
		f, journal, err := followInterleaving(t.Context(), s.parts, s.store, s.newRoom(), seed)
		if err == nil {
			err = f.wrong()
		}
		if err != nil {
			t.Fatalf("CHECK_SEED=%d\n%s\n%v", seed, strings.Join(journal, "\n"), err)
		}
		calls += f.calls
		if f.full {
			full++
		}
		if only {
			break
		}
	}
	t.Logf("%d calls in %d orders, from CHECK_SEED=%d on; %d orders were more than the model has room for",
		calls, s.runs, first, full)
}

// TestModelSeesMistakes: of the broken chats the model sees all whose senders, wakes or jobs are broken, and some more.
func TestModelSeesMistakes(t *testing.T) {
	e := enginetest.Dynoxide(t)
	store, tables := dynamotest.New(t, e.DynamoDB, e.TableName(""))
	var rooms atomic.Int64
	for _, m := range append(slices.Clone(mutants), pushMutants...) {
		if slices.Contains(mutantsOfReaders, m.name) {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			p := m.parts(mutated{
				parts: theChat(), store: store,
				unconditional: func(c unconditionalPuts) chattest.Store { return unconditionalStore(e, tables, c) },
			})
			for seed := range uint64(maxOrders) {
				room := chat.RoomID(fmt.Sprint("room", rooms.Add(1)))
				f, journal, err := followInterleaving(t.Context(), p, store, room, seed)
				if err != nil {
					t.Fatalf("%v\n%s", err, strings.Join(journal, "\n"))
				}
				if err := f.wrong(); err != nil {
					t.Logf("after %d orders: %v", seed+1, err)
					return
				}
			}
			t.Errorf("the model has followed %d orders", maxOrders)
		})
	}
}
