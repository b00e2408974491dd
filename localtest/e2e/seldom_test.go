package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
)

// These stories are about what happens seldom, and only where something broke or came late. Each is brought about by
// hand in the tables, so that the calls it takes are made in every run.

// eachLocal is each for stories that reach into the tables.
func eachLocal(t *testing.T, story func(t *testing.T, w *world)) { each(t, local(story)) }

// onceLocal is once for stories that reach into the tables.
func onceLocal(t *testing.T, story func(t *testing.T, w *world)) { once(t, local(story)) }

func local(story func(t *testing.T, w *world)) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		if w.stack == nil {
			t.Skip("needs to reach into the tables")
		}
		story(t, w)
	}
}

type row = map[string]types.AttributeValue

func textValue(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func numberValue(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// anHourAgo makes an entry older than any hole is waited for.
func anHourAgo() int64 { return time.Now().Add(-time.Hour).UnixMilli() }

func (w *world) tableName(logicalID string) *string {
	name := w.stack.System().Table(logicalID).Name
	if name == "" {
		w.Fatalf("there is no table %s", logicalID)
	}
	return &name
}

func (w *world) putRow(table string, r row) {
	w.Helper()
	if _, err := w.dynamoDB.PutItem(w.ctx, &dynamodb.PutItemInput{TableName: w.tableName(table), Item: r}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) deleteRow(table string, key row) {
	w.Helper()
	if _, err := w.dynamoDB.DeleteItem(w.ctx, &dynamodb.DeleteItemInput{TableName: w.tableName(table), Key: key}); err != nil {
		w.Fatal(err)
	}
}

func TestAMessageWhosePlaceWasLostGetsAnother(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ann.joins("lobby")
		ann.sends("lobby", "hello")
		// As if a reader had waited for it too long.
		w.putRow("EntriesTable", row{
			"room_id": textValue(w.room("lobby")), "id": numberValue(1), "kind": textValue("void"), "created_at": numberValue(anHourAgo()),
		})
		if again := ann.sends("lobby", "hello"); again.ID != 2 || again.Content != "hello" {
			t.Errorf("sent again: %+v", again)
		}
		if got := contentsOf(ann.history("lobby", "").Messages); !slices.Equal(got, []string{"", "hello"}) {
			t.Errorf("history: %q", got)
		}
		w.putRow("EntriesTable", row{
			"room_id": textValue(w.room("lobby")), "id": numberValue(2), "kind": textValue("void"), "created_at": numberValue(anHourAgo()),
		})
		if again := ann.posts("lobby", "hello"); again.ID != 3 || again.Content != "hello" {
			t.Errorf("posted again: %+v", again)
		}
	})
}

// TestTheFanOutFillsAHole has connections that are not there too: no sender can push past the hole, so it is the fan-out
// that meets them.
func TestTheFanOutFillsAHole(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ann.joins("lobby")
		subscribe(w, "lobby", 2)
		// As if its writer had died.
		if _, err := w.store().Reserve(w.ctx, chat.RoomID(w.room("lobby")), roomlog.NoLease); err != nil {
			t.Fatal(err)
		}
		ann.sends("lobby", "hello")
		ann.sees("lobby", "", "hello")
		await(t, "those that are not there go", func() bool { return len(w.subscribers("lobby")) == 1 })
	})
}

func TestReadersFillAHole(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ann.joins("lobby")
		for _, content := range []string{"one", "two", "three"} {
			ann.sends("lobby", content)
		}
		for function, read := range map[string]func() []entry{
			"HistoryFunction": func() []entry { return ann.history("lobby", "").Messages },
			"DefaultFunction": func() []entry {
				return ann.does("sync", fields{"room_id": w.room("lobby"), "after_id": 0}).Messages
			},
		} {
			// The fan-out may come before the reader.
			await(t, function+" fills a hole", func() bool {
				w.digHole("lobby", 2)
				if got := contentsOf(read()); !slices.Equal(got, []string{"one", "", "three"}) {
					t.Errorf("%s shows %q", function, got)
				}
				return w.recording.has(function, "dynamodb:PutItem", "EntriesTable")
			})
		}
	})
}

// digHole takes an entry out of a room that has one more, and lets nobody know.
func (w *world) digHole(room string, id int64) {
	w.Helper()
	await(w.T, "all is pushed", func() bool { return w.position(room) == chat.EntryID(id+1) })
	name := textValue(w.room(room))
	w.putRow("EntriesTable", row{
		"room_id": name, "id": numberValue(id + 1), "kind": textValue("message"), "created_at": numberValue(anHourAgo()),
		"user_id": textValue("somebody"), "client_message_id": textValue("late"), "content": textValue("three"),
	})
	w.putRow("RoomsTable", row{
		"item": textValue("counter#" + w.room(room)), "seq": numberValue(id + 1), "pushed_id": numberValue(id - 1),
	})
	w.deleteRow("EntriesTable", row{"room_id": name, "id": numberValue(id)})
}

// TestConnectionsThatAreNotThere has rows of connections that have ended, which go. A sender pushes to a few itself, and
// the fan-out has workers push to many.
func TestConnectionsThatAreNotThere(t *testing.T) {
	const few, moreThanOneWorkerPushesTo = 2, 2000
	for name, c := range map[string]struct {
		count int
		on    func(*testing.T, func(*testing.T, *world))
	}{"a few": {few, eachLocal}, "many": {moreThanOneWorkerPushesTo, onceLocal}} {
		t.Run(name, func(t *testing.T) {
			c.on(t, func(t *testing.T, w *world) {
				ann := w.as("ann")
				ann.joins("lobby")
				subscribe(w, "lobby", c.count)
				ann.sends("lobby", "hello")
				ann.sees("lobby", "hello")
				await(t, "the position moves past them", func() bool { return w.position("lobby") == 1 })
				// A push that has no time left removes no more of them. The next one that meets them goes on.
				for more := 0; len(w.subscribers("lobby")) > 1 && more < 20; more++ {
					ann.sends("lobby", "hello again")
					await(t, "the position moves on", func() bool { return w.position("lobby") == chat.EntryID(more+2) })
				}
				if left := w.subscribers("lobby"); len(left) != 1 {
					t.Errorf("left are %d, want ann alone", len(left))
				}
			})
		})
	}
}

// unreliable is a management API that refuses one connection, though it knows it, and everything for a while.
type unreliable struct {
	refused chat.ConnectionID
	forbids atomic.Bool
	calls   atomic.Int64 // while it forbade
}

func (u *unreliable) front(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case u.forbids.Load():
			u.calls.Add(1)
			w.WriteHeader(http.StatusForbidden)
		case !strings.HasSuffix(r.URL.Path, string(u.refused)):
			next.ServeHTTP(w, r)
		case r.Method != http.MethodGet:
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
}

// TestEveryFunctionThatPushesGivesUpOneThatCannotBeReached: the fan-out, a job and a worker each mark it, and whoever
// meets it next tries to close it. Before the last try, 3 s after the first, each reads its subscription again.
func TestEveryFunctionThatPushesGivesUpOneThatCannotBeReached(t *testing.T) {
	eachEngine(t, func(t *testing.T, kind engine.Kind) {
		u := &unreliable{refused: madeUp(0)}
		w := startOwn(t, stack.Options{Engine: kind, ManagementFront: u.front})
		ann := w.as("ann")
		for name, count := range map[string]int{"fanout": 1, "job": 1, "worker": 2001} {
			ann.joins(name)
			subscribe(w, name, count)
		}
		w.leavesToAJob("job")
		u.forbids.Store(true)
		w.hasJob("job")
		await(t, "the job fails", func() bool { return u.calls.Load() > 0 })
		u.forbids.Store(false)
		there := chat.Connection{ID: u.refused, User: "somebody", ConnectedAt: time.Now(), TokenExpiresAt: time.Now().Add(time.Hour)}
		if err := w.store().PutConnection(w.ctx, there, 1); err != nil {
			t.Fatal(err)
		}
		soon := chat.Subscription{Room: chat.RoomID(w.room("worker")), Connection: u.refused, LookAt: time.Now().Add(2 * time.Second)}
		if err := w.store().Postpone(w.ctx, soon); err != nil { // the worker looks at it when it reads it again
			t.Fatal(err)
		}
		ann.sends("fanout", "hello")
		ann.sends("worker", "hello")
		for _, name := range []string{"fanout", "job", "worker"} {
			ann.sees(name, "hello")
			await(t, name+" gives it up", func() bool {
				return slices.ContainsFunc(w.subscribers(name), func(s chat.Subscription) bool {
					return s.Connection == u.refused && s.Closing
				})
			})
		}
		if !w.recording.has("PushFunction", "dynamodb:Query", "SubscriptionsTable") {
			t.Error("the worker has not read the subscription again")
		}
		await(t, "the fan-out has ended", func() bool { return w.position("fanout") == 1 })
		ann.sends("fanout", "hello again") // its sender meets it
		ann.sees("fanout", "hello", "hello again")
	})
}

// leavesToAJob makes a room that has one entry, and whose push all wakes leave to a job.
func (w *world) leavesToAJob(room string) {
	w.Helper()
	w.putRow("RoomsTable", row{
		"item": textValue("counter#" + w.room(room)), "seq": numberValue(1), "lease": textValue("stream"),
		"job_until": numberValue(time.Now().Add(time.Hour).UnixMilli()),
	})
	w.putRow("EntriesTable", row{
		"room_id": textValue(w.room(room)), "id": numberValue(1), "kind": textValue("message"), "created_at": numberValue(anHourAgo()),
		"user_id": textValue("ann"), "client_message_id": textValue("1"), "content": textValue("hello"),
	})
}

// isTakenOut makes a row as it is when the call that removes a member has died after it wrote the row.
func (w *world) isTakenOut(p, by *person, room string) {
	w.Helper()
	w.putRow("MembersTable", row{
		"user_id": textValue(p.user), "room_id": textValue(w.room(room)), "state": textValue("out"),
		"role": textValue("member"), "v": numberValue(2), "joined_at": numberValue(anHourAgo()),
		"pend": &types.AttributeValueMemberM{Value: row{
			"change": textValue("removed"), "by": textValue(by.user), "at": numberValue(anHourAgo()),
		}},
	})
}

// hasLost makes what is left when that call has claimed a place for the entry, and was so late that it is a void now.
func (w *world) hasLost(p, by *person, room string) {
	w.Helper()
	lost := by.sends(room, "lost")
	w.putRow("EntriesTable", row{
		"room_id": textValue(w.room(room)), "id": numberValue(lost.ID), "kind": textValue("void"),
		"created_at": numberValue(anHourAgo()),
	})
	told := chat.NewEntry{Kind: chat.KindMember, Subject: chat.UserID(p.user), Change: chat.MemberRemoved}
	w.putRow("UsersTable", row{
		"user_id": textValue(p.user),
		"item":    textValue("claim#" + w.room(room) + "#" + string(chat.MemberEntryID(told.Subject, 2))),
		"n":       numberValue(lost.ID),
		"h":       &types.AttributeValueMemberB{Value: roomlog.NewFingerprint(told, make([]byte, roomlog.SaltLength))},
	})
}

// TestAJobFinishesWhatAModeratorHasBegun: within 5 s they are told, and get the room no longer; wherever the call died.
func TestAJobFinishesWhatAModeratorHasBegun(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann, bob, carl := w.as("ann"), w.as("bob"), w.as("carl")
		for _, p := range []*person{ann, bob, carl} {
			p.joins("lobby")
		}
		w.hasLost(carl, ann, "lobby")
		begun := time.Now()
		for _, p := range []*person{bob, carl} {
			// The job comes first, as ever. It waits for the row.
			w.sendsJob("Jobs", fmt.Sprintf(`{"job":"finishMember","room_id":%q,"user_id":%q,"v":2,"began_ms":%d}`,
				w.room("lobby"), p.user, time.Now().UnixMilli()))
			w.isTakenOut(p, ann, "lobby")
		}
		for _, p := range []*person{bob, carl} {
			p.hears("removed", w.room("lobby"), "removed")
		}
		t.Logf("finished within %v", time.Since(begun).Round(10*time.Millisecond))
		await(t, "they get the room no longer", func() bool { return len(w.subscribers("lobby")) == 1 })
		await(t, "the log tells it", func() bool {
			told := ann.changesOf(w.room("lobby"))
			slices.Sort(told)
			return slices.Equal(told, []string{"bob removed", "carl removed"})
		})
	})
}

// TestWhoJoinsFinishesWhatAModeratorHasBegun: ann's call has died after it took bob out, and bob comes back at once.
func TestWhoJoinsFinishesWhatAModeratorHasBegun(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		ann.joins("lobby")
		bob.joins("lobby")
		w.hasLost(bob, ann, "lobby")
		w.isTakenOut(bob, ann, "lobby")
		bob.does("joinRoom", fields{"room_id": w.room("lobby")})
		bob.hears("removed", w.room("lobby"), "removed")
		if got, want := ann.changesOf(w.room("lobby")), []string{"bob removed", "bob joined"}; !slices.Equal(got, want) {
			t.Errorf("the log tells %q, want %q", got, want)
		}
	})
}

// TestWhoBansFinishesWhatAnotherHasBegun: the ban comes after the removal, in the log too.
func TestWhoBansFinishesWhatAnotherHasBegun(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		ann.joins("lobby")
		bob.joins("lobby")
		w.hasLost(bob, ann, "lobby")
		w.isTakenOut(bob, ann, "lobby")
		gets[shownMember](ann, http.StatusOK, http.MethodPut, memberPath(w.room("lobby"), bob), `{"banned":true}`)
		if got, want := ann.changesOf(w.room("lobby")), []string{"bob removed", "bob banned"}; !slices.Equal(got, want) {
			t.Errorf("the log tells %q, want %q", got, want)
		}
	})
}

// TestTheFanOutStoresAnEdit: in a room that is left to the stream its sender does not push, and so does not store it.
func TestTheFanOutStoresAnEdit(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ann.joins("lobby")
		said := ann.sends("lobby", "hello")
		_, err := w.dynamoDB.UpdateItem(w.ctx, &dynamodb.UpdateItemInput{
			TableName: w.tableName("RoomsTable"), Key: row{"item": textValue("counter#" + w.room("lobby"))},
			UpdateExpression: aws.String("SET lease = :stream"), ExpressionAttributeValues: row{":stream": textValue(string(roomlog.StreamLease))},
		})
		if err != nil {
			t.Fatal(err)
		}
		ann.changes("editMessage", "lobby", said.ID, fields{"content": "other"})
		if views := ann.views("lobby", 2); len(views) != 1 || views[0].Content != "other" {
			t.Errorf("ann shows %+v", views)
		}
		if !w.recording.has("FanoutFunction", "dynamodb:UpdateItem", "EntriesTable") {
			t.Error("the fan-out has stored nothing")
		}
	})
}
