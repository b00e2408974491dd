package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/dynamo"
)

// order decides what comes next.
type order struct {
	// random, if given, decides. Else all orders are tried one after the other: each run repeats the choices of the one
	// before up to the last that could have been another.
	random           *rand.Rand
	choices, options []int
	at               int
}

func (o *order) choose(n int) int {
	if o.random != nil {
		return o.random.IntN(n)
	}
	if o.at == len(o.choices) {
		o.choices, o.options = append(o.choices, 0), append(o.options, n)
	}
	o.at++
	return o.choices[o.at-1]
}

// next reports whether there is an order that was not tried yet; with random there always is.
func (o *order) next() bool {
	for last := len(o.choices) - 1; last >= 0; last-- {
		if o.choices[last]+1 < o.options[last] {
			o.choices[last]++
			o.choices, o.options, o.at = o.choices[:last+1], o.options[:last+1], 0
			return true
		}
	}
	return o.random != nil
}

// gated is a process whose calls of the store wait to be let through, one by one.
type gated struct {
	inner   dynamodb.HTTPClient
	arrived chan string // the operation that waits; empty when the process has ended
	verdict chan verdict
	dead    bool
	ended   bool
	waits   string
	err     error // what its work returned
}

type verdict int

const (
	lets verdict = iota
	diesAfter
	diesBefore
	verdicts
)

var errDead = errors.New("the process has died")

func (g *gated) Do(r *http.Request) (*http.Response, error) {
	if g.dead {
		return nil, errDead
	}
	g.arrived <- strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_20120810.")
	v := <-g.verdict
	g.dead = v != lets
	if v == diesBefore {
		return nil, errDead
	}
	response, err := g.inner.Do(r)
	if v == diesAfter && err == nil {
		_ = response.Body.Close()
		return nil, errDead
	}
	return response, err
}

// work is what one invocation does to the store.
type work func(ctx context.Context, s *dynamo.Store, room chat.RoomID, id chat.ConnectionID) error

// run lets the processes run, one call of one of them at a time, in the order that o wants; one of them may die. It
// returns what happened, and whether one died.
func (f fixture) run(o *order, room chat.RoomID, id chat.ConnectionID, works []work) (journal []string, died bool) {
	processes := make([]*gated, len(works))
	for i, work := range works {
		g := &gated{
			inner: f.engine.DynamoDB.Options().HTTPClient, arrived: make(chan string), verdict: make(chan verdict),
		}
		processes[i] = g
		go func() {
			g.err = work(f.Context(), f.storeBy(g), room, id)
			g.arrived <- ""
		}()
		g.waits = <-g.arrived
		g.ended = g.waits == ""
	}
	for {
		var ready []int
		for i, g := range processes {
			if !g.ended {
				ready = append(ready, i)
			}
		}
		if len(ready) == 0 {
			return journal, died
		}
		n := ready[o.choose(len(ready))]
		g, v := processes[n], lets
		if !died && (o.random == nil || o.random.IntN(5) == 0) {
			v = verdict(o.choose(int(verdicts)))
			died = v != lets
		}
		journal = append(journal, fmt.Sprintf("%d %s%s", n, g.waits, []string{"", ", then dies", ": dies before"}[v]))
		g.verdict <- v
		g.waits = <-g.arrived
		g.ended = g.waits == ""
		if g.ended && !g.dead && g.err != nil && !errors.Is(g.err, connections.ErrClosed) {
			f.Errorf("%q: process %d returned %v", journal, n, g.err)
		}
	}
}

func joins(ctx context.Context, s *dynamo.Store, room chat.RoomID, id chat.ConnectionID) error {
	return s.Subscribe(ctx, subscription(room, id))
}

func leaves(ctx context.Context, s *dynamo.Store, room chat.RoomID, id chat.ConnectionID) error {
	return s.Unsubscribe(ctx, id, room)
}

func ends(ctx context.Context, s *dynamo.Store, _ chat.RoomID, id chat.ConnectionID) error {
	return s.RemoveConnection(ctx, "ann", id)
}

// isPushed is a push that has read the subscription before and found its connection gone.
func isPushed(ctx context.Context, s *dynamo.Store, room chat.RoomID, id chat.ConnectionID) error {
	return s.RemoveSubscription(ctx, subscription(room, id))
}

// then is one work after the other.
func then(works ...work) work {
	return func(ctx context.Context, s *dynamo.Store, room chat.RoomID, id chat.ConnectionID) error {
		for _, work := range works {
			if err := work(ctx, s, room, id); err != nil {
				return err
			}
		}
		return nil
	}
}

// TestSubscriptionsInAnyOrder lets joins, leaves, ends and pushes of one connection run side by side in some orders of
// their calls, while a shard is added, and one of them may die at any of them. With CHECK_SECONDS set it tries every
// order, which takes minutes.
func TestSubscriptionsInAnyOrder(t *testing.T) {
	for _, c := range []struct {
		name   string
		joined bool // before
		ends   bool
		works  []work
	}{
		{"two joins", false, false, []work{joins, joins}},
		{"a join and a leave", true, false, []work{joins, leaves}},
		{"a join, then a leave, and another join", false, false, []work{then(joins, leaves), joins}},
		{"a leave and a leave", true, false, []work{leaves, leaves}},
		{"a leave, and another one with a join", true, false, []work{leaves, then(leaves, joins)}},
		{"a join and an end", false, true, []work{joins, ends}},
		{"another join and an end", true, true, []work{joins, ends}},
		{"a leave and an end", true, true, []work{leaves, ends}},
		{"a join and a push", true, true, []work{joins, isPushed}},
		{"an end and a push", true, true, []work{ends, isPushed}},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(f fixture) {
				o, end, runs := &order{}, time.Now().Add(300*time.Millisecond), 0
				every := os.Getenv("CHECK_SECONDS") != ""
				if !every {
					o.random = rand.New(rand.NewPCG(rand.Uint64(), 0))
				}
				for ; runs == 0 || o.next() && (every || time.Now().Before(end)); runs++ {
					room := chat.RoomID(fmt.Sprint("r", runs))
					id := movesWhenShardsGrow(room)
					f.open(room)
					f.connects(id)
					if c.joined {
						f.ok(f.Subscribe(f.Context(), subscription(room, id)))
					}
					f.setShards(string(room), 1+o.choose(2))
					journal, died := f.run(o, room, id, c.works)
					f.settles(fmt.Sprintf("%q", journal), room, id, c.ends, died)
					if f.Failed() {
						break
					}
				}
				f.Logf("%d orders", runs)
			})
		})
	}
}

// movesWhenShardsGrow returns a connection that joins another shard when there are two, and does not look whether its
// shard is full: that call is made beside others.
func movesWhenShardsGrow(room chat.RoomID) chat.ConnectionID {
	for i := 0; ; i++ {
		id := fmt.Sprint(room, "c", i)
		hash := fnv.New32a()
		_, _ = hash.Write([]byte(id))
		if hash.Sum32()%2 == 1 && crc32.ChecksumIEEE([]byte(string(room)+"#"+id))%32 != 0 {
			return chat.ConnectionID(id)
		}
	}
}

// settles checks what is left in the end: of a connection that is there both rows or none, of one that has ended nothing,
// unless a process died: then what is left goes with a push and another end.
func (f fixture) settles(what string, room chat.RoomID, id chat.ConnectionID, ended, died bool) {
	f.Helper()
	ctx := f.Context()
	f.setShards(string(room), 2)
	subs, rows := f.subscribers(room), f.rowsOf(id)
	if ended && died {
		for _, s := range subs {
			f.ok(f.RemoveSubscription(ctx, s))
		}
		if left := f.subscribers(room); len(left) != 0 {
			f.Errorf("%s: a push left %+v", what, left)
		}
		f.ok(f.RemoveConnection(ctx, "ann", id))
		subs, rows = f.subscribers(room), f.rowsOf(id)
	}
	switch {
	case ended:
		if len(subs) != 0 || rows != 0 {
			f.Errorf("%s: left are %+v and %d rows under the connection", what, subs, rows)
		}
	case len(subs) > 1 || rows != 1+len(subs):
		f.Errorf("%s: there are %+v and %d rows under the connection", what, subs, rows)
	case len(subs) == 1: // found from the connection
		f.ok(f.Unsubscribe(ctx, id, room))
		if left := f.subscribers(room); len(left) != 0 {
			f.Errorf("%s: its leave left %+v", what, left)
		}
	}
}
