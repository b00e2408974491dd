package privacy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/dynamo/dynamotest"
	"serverlesschat/internal/fold"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/privacy"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
	"serverlesschat/localtest/aws/engine/enginetest"
)

var errDied = errors.New("the process has died")

// world is a chat on a real engine, with a clock and a queue of its own. Its names end with a number, so that several lie
// side by side in the same tables.
type world struct {
	*testing.T
	n      int
	engine *enginetest.Engine
	tables dynamo.Tables
	clock  *time.Time
	store  *dynamo.Store
	calls  *fake.Recorder // of the process that erases: it may die
	frail  *dynamo.Store  // the same tables, through these calls

	mu     sync.Mutex // of what follows: calls are made side by side
	jobs   []queued
	closed []chat.ConnectionID
	sent   int

	accounts *accounts // nil where there are none
}

// queued is a job, and when it comes.
type queued struct {
	do func() error
	at time.Time
}

func newWorld(t *testing.T, e *enginetest.Engine, tables dynamo.Tables, n int) *world {
	w := &world{T: t, n: n, engine: e, tables: tables, clock: new(time.Now()), calls: &fake.Recorder{}}
	w.store = dynamo.New(e.DynamoDB, tables, w.now)
	options := e.DynamoDB.Options()
	options.HTTPClient, options.Retryer = mortal{options.HTTPClient, w.calls}, aws.NopRetryer{}
	w.frail = dynamo.New(dynamodb.New(options), tables, w.now)
	return w
}

// each runs a test on both engines.
func each(t *testing.T, test func(*world)) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		_, tables := dynamotest.New(t, e.DynamoDB, e.TableName(""))
		test(newWorld(t, e, tables, 0))
	})
}

// mortal makes calls unless the process has died.
type mortal struct {
	client aws.HTTPClient
	calls  *fake.Recorder
}

func (m mortal) Do(r *http.Request) (*http.Response, error) {
	if err := m.calls.Call("%s", r.Header.Get("X-Amz-Target")); err != nil {
		return nil, err
	}
	return m.client.Do(r)
}

func (w *world) now() time.Time               { return *w.clock }
func (w *world) user(name string) chat.UserID { return chat.UserID(fmt.Sprint(name, ".", w.n, ".")) }
func (w *world) room(name string) chat.RoomID { return chat.RoomID(fmt.Sprint(name, "-", w.n)) }

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func random(b []byte) {
	for i := range b {
		b[i] = byte(i)
	}
}

// EraseUserLater implements [privacy.Jobs].
func (w *world) EraseUserLater(_ context.Context, j privacy.Job, delay time.Duration) error {
	if err := w.calls.Call("erase later"); err != nil {
		return err
	}
	w.later(func() error { return w.eraser().Run(w.Context(), j) }, delay)
	return nil
}

func (w *world) later(do func() error, delay time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.jobs = append(w.jobs, queued{do, w.now().Add(delay)})
	slices.SortStableFunc(w.jobs, func(a, b queued) int { return a.at.Compare(b.at) })
}

// FinishLater implements [rooms.FinishJobs].
func (w *world) FinishLater(_ context.Context, f rooms.Finish, delay time.Duration) error {
	w.later(func() error { return w.changer(w.store).Finish(w.Context(), f) }, delay)
	return nil
}

// Close implements [privacy.Closer].
func (w *world) Close(_ context.Context, ids []chat.ConnectionID) error {
	if err := w.calls.Call("close"); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = append(w.closed, ids...)
	return nil
}

// idle does the jobs of others: none.
type idle struct{}

func (idle) EraseLater(context.Context, rooms.Erase, time.Duration) error { return nil }
func (idle) Tell(context.Context, []chat.ConnectionID, []byte)            {}

func (w *world) writer(s *dynamo.Store) *roomlog.Writer {
	return roomlog.NewWriter(s, roomlog.WriterOptions{Now: w.now, Random: random})
}

func (w *world) reader(s *dynamo.Store) *roomlog.Reader {
	return roomlog.NewReader(s, roomlog.ReaderOptions{
		HoleAge: time.Millisecond, Now: time.Now, Jitter: func() float64 { return 0 }, Size: func(chat.Entry) int { return 1 },
	})
}

func (w *world) changer(s *dynamo.Store) *rooms.Changer {
	return rooms.NewChanger(s, rooms.ChangerOptions{
		Writer: w.writer(s), Reader: w.reader(s), Jobs: w, Teller: idle{}, Erasing: idle{}, Now: w.now,
		Frames: rooms.Frames{
			Room:     func(rooms.Listed) []byte { return nil },
			Removed:  func(chat.RoomID, rooms.Reason) []byte { return nil },
			Degraded: func(chat.RoomID, []rooms.Feature) []byte { return nil },
		},
		Naming: rooms.Naming{
			Random: func() string { return fmt.Sprint("random", w.n) },
			Pair:   func(a, b chat.UserID) string { return fmt.Sprintf("%x", string(a+" "+b)) },
		},
		OpenByJoining: true,
	})
}

func (w *world) sender() *messages.Sender { return messages.NewSender(w.store, w.writer(w.store), nil) }

func caller(user chat.UserID) chat.Caller {
	return chat.Caller{Connection: chat.Connection{User: user}}
}

func (w *world) label(user chat.UserID) chat.ClientMessageID {
	return chat.ClientMessageID(fmt.Sprint("label of ", user, " ", w.count()))
}

// count returns another number each time.
func (w *world) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent++
	return w.sent
}

func (w *world) sends(user chat.UserID, room chat.RoomID, content string) chat.EntryID {
	w.Helper()
	e, err := w.sender().Send(w.Context(), caller(user), messages.SendMessage{Room: room, Content: content, ClientMessageID: w.label(user)})
	w.ok(err)
	return e.ID
}

func (w *world) reacts(user chat.UserID, room chat.RoomID, target chat.EntryID, reaction chat.Reaction, remove bool) {
	w.Helper()
	_, err := w.sender().React(w.Context(), caller(user), messages.React{
		Room: room, Target: target, Reaction: reaction, Remove: remove, ClientMessageID: w.label(user),
	})
	w.ok(err)
}

func (w *world) asker() *privacy.Asker {
	return privacy.NewAsker(privacy.AskerOptions{
		Store: w.frail, Jobs: w, Closer: w, Now: w.now, Admit: func(context.Context, chat.Identity) error { return nil },
		NewPseudonym: func() chat.UserID { return chat.Pseudonym(fmt.Sprint("x", w.n)) },
	})
}

const eraseAfter = 90 * time.Second

func (w *world) eraser() *privacy.Eraser {
	holder := fmt.Sprint("holder ", w.count())
	opts := privacy.EraserOptions{
		Store: w.frail, Rooms: w.changer(w.frail), Writer: w.writer(w.frail), Reader: w.reader(w.frail), Jobs: w, Closer: w,
		After: eraseAfter, Now: w.now, NewHolder: func() string { return holder },
	}
	opts.Accounts = w.store
	if w.accounts != nil {
		opts.Accounts = w.accounts
	}
	return privacy.NewEraser(opts)
}

func (w *world) asks(user chat.UserID) (privacy.Erasure, error) {
	return w.asker().Ask(w.Context(), chat.Identity{User: user, IssuedAt: w.now()}, privacy.Erase{})
}

// works does jobs in the order of their times until there are none. One that fails comes again, after the process has been
// started anew.
func (w *world) works() {
	w.Helper()
	for tries := 0; len(w.jobs) > 0; tries++ {
		if tries > 100 {
			w.Fatalf("the jobs do not end: %+v", w.jobs)
		}
		if do := w.next(); do() != nil {
			w.calls.Before = nil
			w.later(do, time.Second)
		}
	}
}

// next makes it as late as the next job comes, and returns that.
func (w *world) next() func() error {
	j := w.jobs[0]
	w.jobs = w.jobs[1:]
	if j.at.After(w.now()) {
		*w.clock = j.at
	}
	return j.do
}

// rows returns all rows of all tables, as text.
func (w *world) rows() []string {
	w.Helper()
	var rows []string
	for _, in := range dynamotest.Inputs(w.tables) {
		pages := dynamodb.NewScanPaginator(w.engine.DynamoDB, &dynamodb.ScanInput{TableName: in.TableName})
		for pages.HasMorePages() {
			page, err := pages.NextPage(w.Context())
			w.ok(err)
			for _, row := range page.Items {
				text, err := json.Marshal(row)
				w.ok(err)
				rows = append(rows, *in.TableName+" "+string(text))
			}
		}
	}
	return rows
}

// follower is somebody who keeps a view of a room.
type follower struct {
	view *fold.View
	last chat.EntryID
}

func newFollower() *follower { return &follower{view: fold.NewView()} }

// reads reads what is new.
func (w *world) reads(f *follower, room chat.RoomID) []chat.Entry {
	w.Helper()
	for {
		page, err := w.reader(w.store).Page(w.Context(), roomlog.Query{Room: room, After: &f.last, Limit: roomlog.MaxPageLimit})
		w.ok(err)
		for _, e := range page.Entries {
			f.view.Add(e)
			f.last = e.ID
		}
		if !page.More {
			break
		}
	}
	shown := f.view.Messages()
	for i := range shown { // what no client is shown, and what tells only which of two copies is newer
		shown[i].Edits, shown[i].UpdatedID, shown[i].Erasures = nil, 0, 0
	}
	return shown
}
