package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/roomlog"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
)

// deadlyFront stands between the functions and the engine, and kills a function before or after some of their calls.
type deadlyFront struct {
	front  *engine.Front
	kill   atomic.Pointer[func()] // nil: nobody is killed
	killed atomic.Int64
}

// oneIn is how many calls there are for each that is deadly.
const oneIn = 40

func (d *deadlyFront) start(endpoint string) (string, error) {
	var err error
	d.front, err = engine.StartFront(endpoint, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			when := rand.IntN(2 * oneIn)
			if when == 0 {
				d.strike()
			}
			// A call that was made is carried out, though its caller is dead.
			next.ServeHTTP(w, r.WithContext(context.WithoutCancel(r.Context())))
			if when == 1 {
				d.strike()
			}
		})
	})
	if err != nil {
		return "", err
	}
	return d.front.Endpoint(), nil
}

func (d *deadlyFront) strike() {
	if kill := d.kill.Load(); kill != nil {
		d.killed.Add(1)
		(*kill)()
	}
}

// TestPromisesWhileFunctionsDie has people write, read, lose their connections and come back, over real sockets, while
// functions are killed between any two of their store calls. It then holds all that was seen against the promises.
func TestPromisesWhileFunctionsDie(t *testing.T) {
	eachEngine(t, func(t *testing.T, kind engine.Kind) {
		front := &deadlyFront{}
		c, err := start(stack.Options{
			InMemory: true, DataDir: t.TempDir(), Engine: kind, StoreFront: front.start,
			Parameters: map[string]string{"HoleAgeMs": "200"},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := errors.Join(c.close(), front.front.Close()); err != nil {
				t.Error(err)
			}
		})
		w := newWorld(t, c)
		kill := func() { w.killOne([]string{"sendmessage", "fanout", "default"}[rand.IntN(3)]) }
		front.kill.Store(&kill)
		tortured{world: w, front: front, length: 6 * time.Second}.run()
	})
}

// tortured is a room in which things go wrong.
type tortured struct {
	*world
	front  *deadlyFront
	length time.Duration

	record  *chattest.Record
	clients []*chattest.Client
}

func (r tortured) run() {
	room := chat.RoomID(r.room("lobby"))
	r.record = chattest.NewRecord(room)
	ctx, cancel := context.WithCancel(r.ctx)
	var running, busy sync.WaitGroup
	for i := range 8 {
		user := fmt.Sprintf("%s-u%d", r.name, i/2) // two devices each
		client := chattest.NewClient(chattest.ClientOptions{
			Name: fmt.Sprintf("%s.%d", user, i), User: chat.UserID(user), Room: room,
			Dialer: socketDialer{world: r.world, user: user}, Record: r.record, Moment: 200 * time.Millisecond, All: i%2 == 0,
		})
		r.clients = append(r.clients, client)
		running.Go(func() {
			if err := client.Run(ctx); err != nil {
				r.Error(err)
			}
		})
	}
	end := time.Now().Add(r.length)
	for i := 0; i < len(r.clients); i += 2 {
		busy.Go(func() { r.talk(ctx, r.clients[i], r.clients[i+1], end) })
	}
	r.readAndDrop(end)
	busy.Wait()
	r.front.kill.Store(nil)
	r.settle(ctx)
	cancel()
	running.Wait()
}

// talk sends messages; now and then the user's other device sends the same, or another under the same id.
func (r tortured) talk(ctx context.Context, device, other *chattest.Client, end time.Time) {
	for i := 0; time.Now().Before(end); i++ {
		id, content := chat.ClientMessageID(fmt.Sprint("m", i)), fmt.Sprint("content ", i)
		var both sync.WaitGroup
		switch rand.IntN(4) {
		case 0:
			both.Go(func() { _, _ = other.Send(ctx, id, content) })
		case 1:
			both.Go(func() { _, _ = other.Send(ctx, id, "what the other device says") })
		}
		e, err := device.Send(ctx, id, content)
		both.Wait()
		if err == nil {
			changeSome(ctx, device, i, e.ID)
		}
	}
}

// changeSome edits or deletes a message or reacts to one, of which some are the client's own.
func changeSome(ctx context.Context, device *chattest.Client, i int, last chat.EntryID) {
	e := chat.NewEntry{
		ClientMessageID: chat.ClientMessageID(fmt.Sprint("c", i)), Target: max(1, last-chat.EntryID(rand.IntN(4))),
	}
	switch rand.IntN(8) {
	case 0:
		e.Kind = chat.KindDelete
	case 1, 2:
		e.Kind, e.Content = chat.KindEdit, fmt.Sprint("edited ", i)
	case 3, 4:
		e.Kind, e.Reaction, e.Remove = chat.KindReaction, "👍", rand.IntN(3) == 0
	default:
		return
	}
	_, _ = device.Append(ctx, e)
}

// readAndDrop reads history, and loses people's connections.
func (r tortured) readAndDrop(end time.Time) {
	for time.Now().Before(end) {
		_, _ = r.history(roomlog.Query{Limit: roomlog.DefaultPageLimit})
		if rand.IntN(3) == 0 {
			r.clients[rand.IntN(len(r.clients))].Drop()
		}
	}
}

// history asks for a page over HTTP and adds it to the record.
func (r tortured) history(q roomlog.Query) (roomlog.Page, error) {
	query := url.Values{"limit": {fmt.Sprint(q.Limit)}}
	if q.After != nil {
		query.Set("after", fmt.Sprint(*q.After))
	}
	read := r.record.Reading(q)
	status, got := r.get("/rooms/"+r.room("lobby")+"/messages?"+query.Encode(), "Bearer "+r.token(r.name+"-u0"))
	if status != http.StatusOK {
		return roomlog.Page{}, fmt.Errorf("history: status %d", status)
	}
	p, err := pageOf(got)
	if err == nil {
		read.Got(p)
	}
	return p, err
}

// settle waits until everybody has everything, and checks. If it never comes, the check finds what is missing.
func (r tortured) settle(ctx context.Context) {
	last, err := r.clients[0].Send(ctx, "last", "bye")
	if err != nil {
		r.Fatal(err)
	}
	await(r.T, "all is pushed", func() bool { return r.position("lobby") >= last.ID })
	var log []chat.Entry
	for {
		after := chat.EntryID(len(log))
		p, err := r.history(roomlog.Query{After: &after, Limit: roomlog.MaxPageLimit})
		if err != nil {
			r.Fatal(err)
		}
		log = append(log, p.Entries...)
		if !p.More {
			break
		}
	}
	waiting, cancel := context.WithTimeout(ctx, testTimeout)
	defer cancel()
	for _, client := range r.clients {
		if client.AwaitShown(waiting, chat.EntryID(len(log))) != nil {
			break
		}
	}
	r.Logf("%d entries, %d functions killed", len(log), r.front.killed.Load())
	if found := r.record.Check(log); len(found) > 0 {
		r.Errorf("\n%v", found)
	}
}
