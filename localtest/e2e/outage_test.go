package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"serverlesschat/internal/chat"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/redrive"
)

// outage is a management API that does not work for a while.
type outage struct {
	down  atomic.Bool
	calls atomic.Int64 // while it was down
}

func (o *outage) front(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.down.Load() {
			next.ServeHTTP(w, r)
			return
		}
		o.calls.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
}

// TestAGatewayThatIsDownClosesNobody: what was sent meanwhile is pushed in order when it is back, though nobody sends
// anything more. The second outage lasts until the room waits in the queue.
func TestAGatewayThatIsDownClosesNobody(t *testing.T) {
	for _, c := range []struct {
		name   string
		length time.Duration
		over   func(*world) bool // besides
	}{
		{"for 3 s", 3 * time.Second, func(*world) bool { return true }},
		{"until a job waits", 0, func(w *world) bool { return w.queued("Jobs") > 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := &outage{}
			w := startOwn(t, stack.Options{ManagementFront: o.front})
			ann, bob := w.as("ann"), w.as("bob")
			ann.joins("lobby")
			bob.joins("lobby")
			ann.sends("lobby", "0")
			want := []string{"0"}
			o.down.Store(true)
			began := time.Now()
			for i := range 5 {
				want = append(want, fmt.Sprint(i+1))
				ann.sends("lobby", want[i+1])
			}
			await(t, "the outage is over", func() bool { return time.Since(began) >= c.length && c.over(w) })
			if o.calls.Load() == 0 {
				t.Error("nobody has noticed the outage")
			}
			o.down.Store(false)
			for _, p := range []*person{ann, bob} {
				p.sees("lobby", want...)
			}
			if n := w.metric("closed_total"); n != "" {
				t.Errorf("%s connections were closed", n)
			}
			if subs := w.subscribers("lobby"); len(subs) != 2 || subs[0].Closing || subs[1].Closing {
				t.Errorf("subscriptions %+v, want both, to be pushed to", subs)
			}
			if n := w.metric("queued_total", "fanout"); n > "5" || len(n) > 1 {
				t.Errorf("%s jobs were sent, want five at most", n)
			}
		})
	}
}

// TestAJobPushesARoom: it does all that the fan-out does, which leaves the room to it.
func TestAJobPushesARoom(t *testing.T) {
	t.Run("of few", func(t *testing.T) {
		eachLocal(t, func(t *testing.T, w *world) { w.pushesByAJob(3) })
	})
	t.Run("of many", func(t *testing.T) {
		onceLocal(t, func(t *testing.T, w *world) { w.pushesByAJob(2001) })
	})
}

// pushesByAJob has a job push a room that has connections which have ended.
func (w *world) pushesByAJob(ended int) {
	w.Helper()
	ann, room := w.as("ann"), textValue(w.room("lobby"))
	ann.joins("lobby")
	subscribe(w, "lobby", ended)
	w.putRow("RoomsTable", row{
		"item": textValue("counter#" + w.room("lobby")), "seq": numberValue(4), "lease": textValue("stream"),
		"job_until": numberValue(time.Now().Add(time.Hour).UnixMilli()),
	})
	for _, id := range []int64{1, 3} { // the writer of 2 has died
		w.putRow("EntriesTable", row{
			"room_id": room, "id": numberValue(id), "kind": textValue("message"),
			"created_at": numberValue(anHourAgo()), "user_id": textValue("ann"),
			"client_message_id": textValue(fmt.Sprint(id)), "content": textValue(fmt.Sprint(id)),
		})
	}
	w.putRow("EntriesTable", row{
		"room_id": room, "id": numberValue(4), "kind": textValue("edit"), "target_id": numberValue(3),
		"created_at": numberValue(anHourAgo()), "user_id": textValue("ann"), "client_message_id": textValue("4"),
		"content": textValue("three"),
	})
	w.hasJob("lobby")
	ann.sees("lobby", "1", "", "three", "three")
	await(w.T, "only ann is left", func() bool { return len(w.subscribers("lobby")) == 1 })
}

// TestReadersTellOfARoomThatIsLate: whoever reads it has a job push it. Readers who had to walk far spare others that.
func TestReadersTellOfARoomThatIsLate(t *testing.T) {
	const backlog = 510
	eachLocal(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ann.joins("lobby")
		rows := make([]row, backlog)
		for i := range rows {
			rows[i] = row{
				"room_id": textValue(w.room("lobby")), "id": numberValue(int64(i + 1)), "kind": textValue("void"),
				"created_at": numberValue(anHourAgo()),
			}
		}
		w.putRows("EntriesTable", rows)
		for name, read := range map[string]func(){
			"history": func() { ann.history("lobby", "") },
			"poll":    func() { ann.polls("after=" + w.room("lobby") + ":0") },
			"sync":    func() { ann.does("sync", fields{"room_id": w.room("lobby"), "after_id": 0}) },
		} {
			await(t, "all is pushed", func() bool { return w.position("lobby") == backlog })
			// As if it had been given up. The stream has no record of this.
			w.putRow("RoomsTable", row{"item": textValue("counter#" + w.room("lobby")), "seq": numberValue(backlog), "pushed_id": numberValue(0)})
			read()
			head, err := w.store().Head(w.ctx, chat.RoomID(w.room("lobby")))
			if err != nil || head.SettledID != backlog {
				t.Errorf("after %s the head is %+v, %v, want it settled", name, head, err)
			}
			await(t, "a job pushes it after "+name, func() bool { return w.position("lobby") == backlog })
		}
	})
}

// TestWithoutDirectPush: all is the stream's.
func TestWithoutDirectPush(t *testing.T) {
	eachEngine(t, func(t *testing.T, kind engine.Kind) {
		w := startOwn(t, stack.Options{Engine: kind, Parameters: map[string]string{"DirectPush": "false"}})
		ann, bob := w.as("ann"), w.as("bob")
		ann.joins("lobby")
		bob.joins("lobby")
		var want []string
		for i := range 20 {
			want = append(want, fmt.Sprint(i))
			ann.sends("lobby", want[i])
		}
		for _, p := range []*person{ann, bob} {
			p.sees("lobby", want...)
		}
		var first entry
		ann.update(w.room("lobby"), func(v *view) { first = v.shown[0] })
		ann.changes("editMessage", "lobby", first.ID, fields{"content": "other"})
		want[0] = "other"
		await(t, "the fan-out has stored the edit", func() bool { return strings.Contains(w.dump("EntriesTable"), "updated_id") })
		if n := w.metric("posts_total", "sendmessage"); n != "" {
			t.Errorf("senders have made %s posts", n)
		}
		bob.client.Drop()
		await(t, "bob is gone", func() bool { return len(w.subscribers("lobby")) == 1 })
		ann.sends("lobby", "bye")
		bob.connects()
		bob.joinsAfter("lobby", 21)
		if got := contentsOf(ann.history("lobby", "?limit=100").Messages); !slices.Equal(got, append(want, "other", "bye")) {
			t.Errorf("history %q", got)
		}
	})
}

// brokenQueue takes no job that pushes a room.
func brokenQueue(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".SendMessage") && bytes.Contains(body, []byte("pushRoom")) {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// TestWhatIsGivenUpIsKeptAsALetter: a room that can neither be pushed nor left to a job.
func TestWhatIsGivenUpIsKeptAsALetter(t *testing.T) {
	eachEngine(t, func(t *testing.T, kind engine.Kind) {
		// Without a subscriptions table nothing can be pushed, however often it is tried.
		w := startOwn(t, stack.Options{Engine: kind, QueueFront: brokenQueue})
		ann := w.as("ann")
		ann.joins("lobby")
		w.dropTable("SubscriptionsTable")
		ann.sends("lobby", "unheard")
		var letter struct {
			RequestContext struct{ Condition string }
			Batch          struct{ BatchSize int } `json:"DDBStreamBatchInfo"`
		}
		if err := json.Unmarshal([]byte(w.receive("FanoutDeadLetters")), &letter); err != nil {
			t.Fatal(err)
		}
		if letter.RequestContext.Condition != "RetryAttemptsExhausted" || letter.Batch.BatchSize != 1 {
			t.Errorf("letter: %+v", letter)
		}
		if page := ann.history("lobby", ""); page.LastID != 1 {
			t.Errorf("history after the fan-out gave up: %+v", page)
		}
	})
}

// TestRedrive: what was given up is done when its cause is mended and somebody asks for it, though nobody sends anything.
func TestRedrive(t *testing.T) {
	var mended atomic.Bool
	w := startOwn(t, stack.Options{
		ManagementFront: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if mended.Load() {
					next.ServeHTTP(w, r)
					return
				}
				w.WriteHeader(http.StatusForbidden) // as when a right is missing
			})
		},
		QueueFront: func(next http.Handler) http.Handler {
			broken := brokenQueue(next)
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if mended.Load() {
					next.ServeHTTP(w, r)
					return
				}
				broken.ServeHTTP(w, r)
			})
		},
	})
	ann := w.as("ann")
	ann.joins("lobby")
	ann.sends("lobby", "unheard")
	await(t, "the wake is given up", func() bool { return w.queued("FanoutDeadLetters") > 0 })
	mended.Store(true)
	client, letters := w.queue("FanoutDeadLetters")
	_, jobs := w.queue("Jobs")
	_, jobLetters := w.queue("JobsDeadLetters")
	config := engine.Config(w.stack.Endpoints().DynamoDB)
	clients := redrive.Clients{SQS: client, DynamoDB: w.dynamoDB, Streams: dynamodbstreams.NewFromConfig(config)}
	names := redrive.Names{DeadLetters: *letters, Jobs: *jobs, JobsDeadLetters: *jobLetters, RoomsTable: *w.tableName("RoomsTable")}
	report, err := redrive.Run(w.ctx, clients, names)
	if err != nil || report.Letters != 1 || report.Rooms != 1 {
		t.Errorf("%+v, %v, want one letter and one room", report, err)
	}
	ann.sees("lobby", "unheard")
	if n := w.queued("FanoutDeadLetters"); n != 0 {
		t.Errorf("%d letters are left", n)
	}
}
