package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"serverlesschat/localtest/bench/latency"
	"serverlesschat/localtest/chatclient"
)

// room is the members of one room and the messages that are on their way to them.
type room struct {
	name    string
	members []*member

	mu      sync.Mutex
	flights map[string]*flight // by client_message_id

	sent, delivered atomic.Int64
	latencies       latency.Samples       // from sending to a member, for each member
	acks            latency.Samples       // from sending to the ack
	fault           atomic.Pointer[error] // the first entry that was lost, doubled or out of order
}

// member is a connection; its last id shows whether it got every entry since its first one once and in order.
type member struct {
	client *chatclient.Client
	lastID int64 // 0 before the first entry; used by the client's reader alone
}

// flight is a message on its way.
type flight struct {
	start   time.Time
	missing atomic.Int64 // members that do not have it yet
	landed  chan struct{}
}

// openRoom connects the members and joins them, some at a time.
func openRoom(ctx context.Context, url, name string, count int, token func(user string) (string, error)) (*room, error) {
	r := &room{name: name, members: make([]*member, count), flights: map[string]*flight{}}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range r.members {
		group.Go(func() error {
			t, err := token(fmt.Sprintf("user-%d", i))
			if err != nil {
				return err
			}
			m := &member{}
			r.members[i] = m
			m.client, err = chatclient.Dial(ctx, url, t, chatclient.Options{Push: func(f chatclient.Frame) { r.pushed(m, f) }})
			if err != nil {
				return err
			}
			_, err = m.client.Join(ctx, name)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *room) close() {
	for _, m := range r.members {
		if m != nil && m.client != nil {
			m.client.Drop()
		}
	}
}

// reset forgets what was measured so far.
func (r *room) reset() {
	r.sent.Store(0)
	r.delivered.Store(0)
	r.latencies.Reset()
	r.acks.Reset()
}

func (r *room) pushed(m *member, f chatclient.Frame) {
	now := time.Now()
	switch f.Type {
	case "messages":
	case "room", "degraded", "presence": // what is told of rooms and users besides
		return
	default:
		r.fail(fmt.Errorf("unexpected frame of type %q: %s", f.Type, f.Message))
		return
	}
	for _, e := range f.Messages {
		if m.lastID != 0 && e.ID != m.lastID+1 {
			r.fail(fmt.Errorf("entry %d came after %d", e.ID, m.lastID))
		}
		m.lastID = e.ID
		if e.Kind == "member" { // who came in while it was there already
			continue
		}
		r.mu.Lock()
		flight := r.flights[e.ClientMessageID]
		r.mu.Unlock()
		if flight == nil {
			r.fail(fmt.Errorf("entry %d (%s) is nobody's", e.ID, e.Kind))
			continue
		}
		r.delivered.Add(1)
		r.latencies.Add(now.Sub(flight.start))
		if flight.missing.Add(-1) == 0 {
			close(flight.landed)
		}
	}
}

func (r *room) fail(err error) { r.fault.CompareAndSwap(nil, &err) }

// send sends one message from a member and waits until every member has it.
func (r *room) send(ctx context.Context, from *member, id string) error {
	f := &flight{start: time.Now(), landed: make(chan struct{})}
	f.missing.Store(int64(len(r.members)))
	r.mu.Lock()
	r.flights[id] = f
	r.mu.Unlock()
	if _, err := from.client.Send(ctx, r.name, content, id); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	r.acks.Add(time.Since(f.start))
	r.sent.Add(1)
	select {
	case <-f.landed:
	case <-ctx.Done():
		return fmt.Errorf("message %s: %d members have not got it: %w", id, f.missing.Load(), ctx.Err())
	}
	r.mu.Lock()
	delete(r.flights, id)
	r.mu.Unlock()
	return nil
}

// content is as long as a usual message.
const content = "The quick brown fox jumps over the lazy dog, and then it goes home and has some tea with the dog."

// run keeps inFlight messages on their way until the time is over and all have landed.
func (r *room) run(ctx context.Context, inFlight int, length time.Duration, prefix string) error {
	ctx, cancel := context.WithTimeout(ctx, length+time.Minute)
	defer cancel()
	end := time.Now().Add(length)
	group, ctx := errgroup.WithContext(ctx)
	for slot := range inFlight {
		from := r.members[slot%len(r.members)]
		group.Go(func() error {
			for n := 0; time.Now().Before(end); n++ {
				if err := r.send(ctx, from, fmt.Sprintf("%s-%d-%d", prefix, slot, n)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if fault := r.fault.Load(); fault != nil {
		return *fault
	}
	return nil
}
