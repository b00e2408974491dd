package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"serverlesschat/localtest/accesstoken"
	"serverlesschat/localtest/chatclient"
)

// testTimeout bounds every wait of a story. It is no expectation of speed.
const testTimeout = 30 * time.Second

// world is one story's view of a chat: its rooms and users are its own.
type world struct {
	*testing.T
	*deployment
	ctx  context.Context
	name string // goes before names of rooms and users

	mu sync.Mutex
	in map[string]bool // the rooms that somebody has opened, and who is in them: "room" and "room user"
}

func newWorld(t *testing.T, c *deployment) *world {
	ctx, cancel := context.WithTimeout(t.Context(), 4*testTimeout)
	t.Cleanup(cancel)
	documents, err := documented()
	if err != nil {
		t.Fatal(err)
	}
	ctx = chatclient.WithTracer(ctx, tracer{documents, t.Name()})
	return &world{T: t, deployment: c, ctx: ctx, name: fmt.Sprintf("s%d", time.Now().UnixNano()), in: map[string]bool{}}
}

func (w *world) room(name string) string { return w.name + "-" + name }

// token returns a token for a user; change may spoil it.
func (w *world) token(user string, change ...func(*accesstoken.Claims)) string {
	w.Helper()
	now := time.Now()
	claims := accesstoken.Claims{
		Issuer: w.issuer, Audience: w.audience, Subject: user, IssuedAt: now.Add(-time.Minute), ExpiresAt: now.Add(time.Hour),
	}
	for _, c := range change {
		c(&claims)
	}
	token, err := w.key.Sign(claims)
	if err != nil {
		w.Fatal(err)
	}
	confidential().token(token)
	return token
}

// person is a user with at most one connection at a time. It keeps a message's id for as long as the protocol asks.
type person struct {
	*world
	user   string
	client *chatclient.Client

	mu      sync.Mutex
	rooms   map[string]*view
	told    []chatclient.Frame            // what was pushed that is not of a room's log
	many    map[string][]chatclient.Frame // replies to what has many, by its request_id
	present []chatclient.Present          // who it was told has come or gone
	moved   []chatclient.Frame            // what it was told of the rooms that it is in
	news    chan struct{}                 // has something when a view has grown
}

// view is what a person sees of a room: entries in rising order without gaps, from where it joined.
type view struct {
	joined bool
	last   int64 // the highest id up to which all is shown
	shown  []entry
	aside  map[int64]entry // what came before its turn
}

type entry = chatclient.Entry

func (v *view) add(entries []entry) {
	for _, e := range entries {
		v.aside[e.ID] = e
	}
	for v.joined {
		e, ok := v.aside[v.last+1]
		if !ok {
			return
		}
		v.shown = append(v.shown, e)
		v.last++
	}
}

// newPerson returns a user without a connection.
func (w *world) newPerson(name string) *person {
	return &person{
		world: w, user: w.name + "-" + name, rooms: map[string]*view{}, many: map[string][]chatclient.Frame{},
		news: make(chan struct{}, 1),
	}
}

// as returns a user with an open connection, which ends with the story.
func (w *world) as(name string) *person {
	w.Helper()
	p := w.newPerson(name)
	p.connects()
	w.Cleanup(func() { p.client.Drop() })
	return p
}

func (p *person) connects() {
	p.Helper()
	client, err := chatclient.Dial(p.ctx, p.websocket, p.token(p.user), chatclient.Options{Push: p.pushed})
	if err != nil {
		p.Fatalf("%s connects: %v", p.user, err)
	}
	p.client = client
}

func (p *person) pushed(f chatclient.Frame) {
	if strings.HasPrefix(f.RequestID, manyPrefix) {
		p.mu.Lock()
		p.many[f.RequestID] = append(p.many[f.RequestID], f)
		p.mu.Unlock()
		return
	}
	keep := func(list *[]chatclient.Frame) {
		p.mu.Lock()
		defer p.mu.Unlock()
		*list = append(*list, f)
	}
	switch f.Type {
	case "messages":
		p.update(f.RoomID, func(v *view) { v.add(f.Messages) })
		p.wake()
	case "reauthenticate", "goodbye":
		keep(&p.told)
		p.wake()
	case "typing", "receipts", "error": // of what has no reply
		keep(&p.told)
	case "presence": // of whoever comes and goes beside a story
		p.mu.Lock()
		p.present = append(p.present, f.Users...)
		p.mu.Unlock()
	case "room", "removed", "degraded":
		keep(&p.moved)
		p.wake()
	default:
		p.Errorf("%s got an unexpected frame: %+v", p.user, f)
	}
}

func (p *person) wake() {
	select {
	case p.news <- struct{}{}:
	default:
	}
}

func (p *person) update(room string, change func(*view)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rooms[room] == nil {
		p.rooms[room] = &view{aside: map[int64]entry{}}
	}
	change(p.rooms[room])
}

// isIn makes the person a member of a room that others have opened, without a word in its log: stories count their own
// entries. How one comes in by oneself has stories of its own.
func (p *person) isIn(room string) {
	p.Helper()
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	key := room + " " + p.user
	if p.in[room] && !p.in[key] && p.stack != nil {
		p.putRow("MembersTable", memberRow(p.room(room), p.user))
	}
	p.in[room], p.in[key] = true, true
}

// joins joins a room as it is now: what was said before is not seen.
func (p *person) joins(room string) chatclient.Frame {
	p.Helper()
	p.isIn(room)
	reply := p.does("joinRoom", fields{"room_id": p.room(room)})
	p.update(p.room(room), func(v *view) {
		v.joined, v.last = true, reply.LastID
		v.add(nil)
	})
	return reply
}

// joinsAfter joins a room and gets what was said after an id.
func (p *person) joinsAfter(room string, after int64) chatclient.Frame {
	p.Helper()
	p.isIn(room)
	reply := p.does("joinRoom", fields{"room_id": p.room(room), "after_id": after})
	p.update(p.room(room), func(v *view) {
		if !v.joined {
			v.joined, v.last = true, after
		}
		v.add(reply.Messages)
	})
	return reply
}

type fields = map[string]any

// does something that must succeed.
func (p *person) does(action string, f fields) chatclient.Frame {
	p.Helper()
	reply, err := p.client.Do(p.ctx, action, f)
	if err != nil {
		p.Fatalf("%s: %s %v: %v", p.user, action, f, err)
	}
	return reply
}

// fails does something that must be refused with the code, and returns the error.
func (p *person) fails(code, action string, f fields) *chatclient.Error {
	p.Helper()
	_, err := p.client.Do(p.ctx, action, f)
	refused, ok := errors.AsType[*chatclient.Error](err)
	if !ok || refused.Code != code {
		p.Fatalf("%s: %s %v: got %v, want the error %s", p.user, action, f, err, code)
	}
	return refused
}

// sends sends a message whose client_message_id is its content.
func (p *person) sends(room, content string) chatclient.Entry {
	p.Helper()
	for try := 1; ; try++ {
		e, err := p.client.Send(p.ctx, p.room(room), content, strings.ReplaceAll(content, " ", "-"))
		if err == nil {
			return e
		}
		// A busy machine may make a store late. The same frame again settles it, as it does for every client.
		if failed, ok := errors.AsType[*chatclient.Error](err); !ok || failed.Code != "unavailable" || try == 3 {
			p.Fatalf("%s sends: %v", p.user, err)
		}
	}
}

// sees waits until exactly these contents are seen in the room, in this order.
func (p *person) sees(room string, contents ...string) {
	p.Helper()
	deadline := time.After(testTimeout)
	for {
		var got []string
		p.update(p.room(room), func(v *view) { got = contentsOf(v.shown) })
		if slices.Equal(got, contents) {
			return
		}
		if len(got) > len(contents) {
			p.Fatalf("%s sees %q, want %q", p.user, got, contents)
		}
		select {
		case <-p.news:
		case <-deadline:
			p.Fatalf("%s sees %q, want %q", p.user, got, contents)
		}
	}
}

func contentsOf(entries []chatclient.Entry) []string {
	contents := make([]string, len(entries))
	for i, e := range entries {
		contents[i] = e.Content
	}
	return contents
}

// page is the body of a history reply, or a problem.
type page struct {
	RoomID   string             `json:"room_id"`
	Messages []chatclient.Entry `json:"messages"`
	FirstID  int64              `json:"first_id"`
	LastID   int64              `json:"last_id"`
	More     bool               `json:"more"`
	Code     string             `json:"code"`
	Field    string             `json:"field"`
}

// history asks for a room's messages over HTTP; query begins with "?" or is empty.
func (p *person) history(room, query string) page {
	p.Helper()
	status, got := p.get("/rooms/"+p.room(room)+"/messages"+query, "Bearer "+p.token(p.user))
	if status != http.StatusOK {
		p.Fatalf("history: status %d %+v", status, got)
	}
	return got
}
