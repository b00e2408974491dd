package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/chatclient"
)

// TestStoryAThousandListeners: what one says is heard by all. Some come into the room by themselves, more than are told of
// each other, and the rest are members already.
func TestStoryAThousandListeners(t *testing.T) {
	once(t, func(t *testing.T, w *world) {
		const count, come = 1000, 250
		room, user := w.room("hall"), func(i int) string { return fmt.Sprintf("%s-%d", w.name, i) }
		var heard atomic.Int64
		all := make(chan struct{})
		hear := func(f chatclient.Frame) {
			if f.Type == "messages" && len(f.Messages) == 1 && f.Messages[0].Content == "hear, hear" && heard.Add(1) == count {
				close(all)
			}
		}
		clients := make([]*chatclient.Client, count)
		enters := func(ctx context.Context, i int) (err error) {
			clients[i], err = chatclient.Dial(ctx, w.websocket, w.token(user(i)), chatclient.Options{Push: hear})
			if err == nil {
				_, err = clients[i].Join(ctx, room)
			}
			return err
		}
		if err := enters(w.ctx, 0); err != nil {
			t.Fatal(err)
		}
		if w.stack != nil {
			var rows []row
			for i := come; i < count; i++ {
				rows = append(rows, memberRow(room, user(i)))
			}
			w.putRows("MembersTable", rows)
		}
		group, ctx := errgroup.WithContext(w.ctx)
		group.SetLimit(16)
		for i := 1; i < count; i++ {
			group.Go(func() error { return enters(ctx, i) })
		}
		err := group.Wait()
		defer closeClients(clients)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := clients[0].Send(w.ctx, room, "hear, hear", "1"); err != nil {
			t.Fatal(err)
		}
		select {
		case <-all:
			t.Logf("%d sockets heard it after %v", count, time.Since(start).Round(time.Millisecond))
		case <-w.ctx.Done():
			t.Fatalf("%d of %d heard it", heard.Load(), count)
		}
	})
}

// closeClients closes them side by side, and properly: so their rows go.
func closeClients(clients []*chatclient.Client) {
	var group errgroup.Group
	group.SetLimit(16)
	for _, c := range clients {
		if c != nil {
			group.Go(func() error { c.Drop(); return nil })
		}
	}
	_ = group.Wait()
}

// countingGateway is a management API that counts posts per connection, and takes as long as AWS's for each.
type countingGateway struct {
	delay  time.Duration
	refuse func(*http.Request) bool // nil: nothing is refused

	mu    sync.Mutex
	posts map[string]int
}

func (g *countingGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	timer := time.NewTimer(g.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return
	}
	if g.refuse != nil && g.refuse(r) {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	_, id, _ := strings.Cut(r.URL.Path, "/@connections/")
	g.mu.Lock()
	defer g.mu.Unlock()
	g.posts[id]++
}

func (g *countingGateway) counts() (connections, posts int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, n := range g.posts {
		posts += n
	}
	return len(g.posts), posts
}

// front puts it in the place of the stack's own management API.
func (g *countingGateway) front(http.Handler) http.Handler { return g }

// TestAHallOfTenThousand has the fan-out invoke workers: no function pushes to so many by itself. The connections are
// rows alone, and the management API is one that counts.
func TestAHallOfTenThousand(t *testing.T) {
	const count = 10_000
	management := &countingGateway{delay: 5 * time.Millisecond, posts: map[string]int{}}
	w := startOwn(t, stack.Options{ManagementFront: management.front})
	ann := w.as("ann")
	ann.joins("hall")
	subscribe(w, "hall", count-1)

	start := time.Now()
	ann.sends("hall", "hear, hear")
	await(t, "each of the connections is posted to", func() bool {
		connections, _ := management.counts()
		return connections == count
	})
	t.Logf("%d connections were posted to after %v", count, time.Since(start).Round(time.Millisecond))
	await(t, "the position moves", func() bool { return w.position("hall") == 1 })
	_, posts := management.counts()
	t.Logf("%d posts; more than one each is a post that was tried again", posts)
	if workers := w.processes("push"); workers < 2 {
		t.Errorf("%d workers, want several side by side", workers)
	}
}

// store returns the chat's own view of the tables.
func (w *world) store() *dynamo.Store {
	tables := map[string]string{}
	for _, t := range w.stack.System().Tables {
		tables[t.LogicalID] = t.Name
	}
	return dynamo.New(w.dynamoDB, dynamo.Tables{
		Entries: tables["EntriesTable"], Rooms: tables["RoomsTable"], Users: tables["UsersTable"],
		Sessions: tables["SessionsTable"], Presence: tables["PresenceTable"], Connections: tables["ConnectionsTable"], Subscriptions: tables["SubscriptionsTable"],
	}, time.Now)
}

// madeUp is the id of a connection that the gateway takes for one that has ended.
func madeUp(i int) chat.ConnectionID { return chat.ConnectionID(fmt.Sprintf("made-up-%07d=", i)) }

// subscribers returns the room's subscriptions.
func (w *world) subscribers(room string) []chat.Subscription {
	w.Helper()
	page, err := w.store().Subscribers(w.ctx, chat.RoomID(w.room(room)), nil, 10_000)
	if err != nil || page.Next != nil {
		w.Fatalf("subscribers of %s: %d and more, %v", room, len(page.Subscriptions), err)
	}
	return page.Subscriptions
}

// subscribe makes up connections of one user that have joined a room.
func subscribe(w *world, room string, count int) {
	w.Helper()
	subscribeAs(w, room, count, func(int) string { return "somebody" })
}

// subscribeAs makes up connections that have joined a room, each of a user of its own. It writes their rows, which is much
// faster than having each join.
func subscribeAs(w *world, room string, count int, user func(i int) string) {
	w.Helper()
	expires := numberValue(time.Now().Add(time.Hour).Unix())
	rows := make([]row, count)
	for i := range rows {
		rows[i] = row{
			"room_shard": textValue(w.room(room) + "#0"), "connection_id": textValue(string(madeUp(i))),
			"user_id": textValue(user(i)), "expires_at": expires,
		}
	}
	w.putRows("SubscriptionsTable", rows)
}

// memberRow is the row of a member of a room.
func memberRow(room, user string) row {
	return row{
		"user_id": textValue(user), "room_id": textValue(room), "state": textValue("in"),
		"role": textValue("member"), "v": numberValue(1), "joined_at": numberValue(anHourAgo()),
	}
}

// putRows writes many rows, in batches.
func (w *world) putRows(logicalID string, rows []row) {
	w.Helper()
	const batch = 25 // DynamoDB's limit
	table := *w.tableName(logicalID)
	group, ctx := errgroup.WithContext(w.ctx)
	group.SetLimit(4)
	for some := range slices.Chunk(rows, batch) {
		var writes []types.WriteRequest
		for _, r := range some {
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: r}})
		}
		group.Go(func() error {
			out, err := w.dynamoDB.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
				RequestItems: map[string][]types.WriteRequest{table: writes},
			})
			if err == nil && len(out.UnprocessedItems) > 0 {
				err = errors.New("some rows were not written")
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		w.Fatal(err)
	}
}

func (w *world) position(room string) chat.EntryID {
	w.Helper()
	head, err := w.store().Head(context.WithoutCancel(w.ctx), chat.RoomID(w.room(room)))
	if err != nil {
		w.Fatal(err)
	}
	return head.PushedID
}

// processes counts the processes of a function.
func (w *world) processes(function string) (count int) {
	for _, name := range w.stack.Processes() {
		if strings.HasSuffix(name, "-"+function) {
			count++
		}
	}
	return count
}

// dropTable deletes a table under the running chat.
func (w *world) dropTable(logicalID string) {
	w.Helper()
	if _, err := w.dynamoDB.DeleteTable(w.ctx, &dynamodb.DeleteTableInput{TableName: w.tableName(logicalID)}); err != nil {
		w.Fatal(err)
	}
}
