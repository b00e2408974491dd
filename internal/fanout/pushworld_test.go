package fanout_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
)

// pushWorld is a gateway with the members of rooms, and processes that push to them, in simulated time. Its entries are one
// frame each, so that a frame's data is its entry's id.
type pushWorld struct {
	*testing.T
	gateway *fake.Gateway
	store   *fake.Store
	start   time.Time
	random  func() float64
	rate    float64 // PostRate

	poster        fanout.Poster // the gateway, and the store, unless a test looks at the calls
	subscriptions fanout.Subscriptions

	mu      sync.Mutex
	members map[chat.ConnectionID]*member
	pushed  fanout.Pushed // all that was observed, without latencies
}

// member is one connection, and what its client got.
type member struct {
	id      chat.ConnectionID
	last    chat.EntryID
	at      time.Duration // when it got that, since the world's start
	repeats int
	ended   time.Duration // when it was closed; 0 for not
}

func newPushWorld(t *testing.T) *pushWorld {
	w := &pushWorld{
		T: t, gateway: fake.NewGateway(), store: fake.NewStore(), start: time.Now(), rate: 8000,
		members: map[chat.ConnectionID]*member{},
	}
	w.poster, w.subscriptions = w.gateway, w.store
	w.store.Recorder = nil // tens of thousands of calls
	random := rand.New(rand.NewPCG(1, 2))
	w.random = func() float64 {
		w.mu.Lock()
		defer w.mu.Unlock()
		return random.Float64()
	}
	w.gateway.Take(10 * time.Millisecond)
	return w
}

// room opens the connections of a room's members, who are subscribed.
func (w *pushWorld) room(room chat.RoomID, members int) []fanout.Recipient {
	recipients := make([]fanout.Recipient, members)
	for i := range recipients {
		m := &member{id: chat.ConnectionID(fmt.Sprint(room, "-", i))}
		w.members[m.id] = m
		w.gateway.Open(m.id, func(frame []byte) { w.receive(m, frame) }, func() { m.ended = time.Since(w.start) })
		recipients[i].Subscription = chat.Subscription{
			Room: room, Connection: m.id, ExpiresAt: w.start.Add(2 * time.Hour),
		}
		w.store.Subscribed = append(w.store.Subscribed, recipients[i].Subscription)
	}
	return recipients
}

func (w *pushWorld) receive(m *member, frame []byte) {
	id, _ := strconv.Atoi(string(frame))
	switch {
	case chat.EntryID(id) <= m.last:
		m.repeats++
		return
	case chat.EntryID(id) != m.last+1:
		w.Errorf("%s got %d after %d", m.id, id, m.last)
	}
	m.last, m.at = chat.EntryID(id), time.Since(w.start)
}

// pusher is another process.
func (w *pushWorld) pusher() *fanout.Pusher {
	return fanout.NewPusher(w.poster, w.subscriptions, fanout.PusherOptions{
		Parallel: 64, PostRate: w.rate, Patience: 3 * time.Second, Now: time.Now, Jitter: w.random, Observe: w.observe,
	})
}

func (w *pushWorld) observe(_ context.Context, p fanout.Pushed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pushed.Posts += p.Posts
	w.pushed.Deliveries += p.Deliveries
	w.pushed.Gone += p.Gone
	w.pushed.Closed += p.Closed
	w.pushed.Throttled += p.Throttled
	w.pushed.Failed += p.Failed
}

// frames returns the frames of the entries from first to last.
func frames(first, last chat.EntryID) []fanout.Frame {
	var entries []chat.Entry
	for id := first; id <= last; id++ {
		entries = append(entries, chat.Entry{Room: "r", ID: id, Kind: chat.KindMessage})
	}
	return oneByOne("r", entries)
}

// oneByOne makes a frame of each entry.
func oneByOne(_ chat.RoomID, entries []chat.Entry) []fanout.Frame {
	frames := make([]fanout.Frame, len(entries))
	for i, e := range entries {
		frames[i] = fanout.Frame{Entries: entries[i : i+1], Data: []byte(strconv.FormatInt(int64(e.ID), 10))}
	}
	return frames
}

// elapsed returns the time since the world's start.
func (w *pushWorld) elapsed() time.Duration { return time.Since(w.start) }

// gotAll checks that every member that is to be healthy has got the entries up to last, and is open. It returns when the
// last one got them.
func (w *pushWorld) gotAll(last chat.EntryID, but ...chat.ConnectionID) time.Duration {
	w.Helper()
	var latest time.Duration
	closed, behind := 0, 0
	for _, m := range w.members {
		if len(but) > 0 && m.id == but[0] || len(but) > 1 && m.id == but[1] {
			continue
		}
		if m.ended > 0 {
			closed++
		}
		if m.last != last {
			behind++
		}
		latest = max(latest, m.at)
	}
	if closed > 0 || behind > 0 {
		w.Errorf("%d healthy members were closed, %d have not got everything", closed, behind)
	}
	if c := w.gateway.Counts(); c.Overlaps > 0 {
		w.Errorf("%d posts to a connection that had one under way", c.Overlaps)
	}
	return latest
}
