package fanout_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/roomlog"
)

const (
	me    = roomlog.Lease("me")
	other = roomlog.Lease("other")
)

// world is one room with what pushes it. All calls are written down in one order.
type world struct {
	*testing.T
	*fake.Store
	deliverer *fake.Deliverer
	jobs      *fake.Jobs
	// size is how many entries a frame has.
	size   int
	direct bool
	left   []error // why rooms were left to the stream
}

// newWorld makes a room with entries at the ids, and one member.
func newWorld(t *testing.T, ids ...chat.EntryID) *world {
	store := fake.NewStore(ids...)
	store.Subscribed = subscriptionsOf(1)
	if len(ids) > 0 {
		store.Top.Seq = slices.Max(ids)
	}
	return &world{
		T: t, Store: store, deliverer: &fake.Deliverer{Recorder: store.Recorder}, jobs: &fake.Jobs{Recorder: store.Recorder},
		size: 1000, direct: true,
	}
}

func (w *world) frames(_ chat.RoomID, entries []chat.Entry) []fanout.Frame {
	var frames []fanout.Frame
	for part := range slices.Chunk(entries, w.size) {
		frames = append(frames, fanout.Frame{Entries: part})
	}
	return frames
}

func (w *world) waker() *fanout.Waker {
	return fanout.NewWaker(w.Store, w.deliverer, w.jobs, fanout.WakerOptions{
		Frames: w.frames, HoleAge: fake.HoleAge, Direct: w.direct, Gather: 25 * time.Millisecond,
		NewLease: func() roomlog.Lease { return me }, Now: time.Now,
	})
}

func (w *world) wake(id chat.EntryID) error { return w.waker().Wake(w.Context(), "r", id) }

// push pushes what a sender has left that reserved and placed own.
func (w *world) push(own chat.EntryID, head roomlog.Head) {
	w.pushAppended(roomlog.Appended{Room: "r", Me: me, Own: own, Head: head, Placed: own})
}

func (w *world) pushAppended(a roomlog.Appended) {
	fanout.NewDirect(w.Store, w.deliverer, fanout.DirectOptions{
		Frames: w.frames, Gather: 25 * time.Millisecond, Now: time.Now, InTurn: true,
		Left: func(_ context.Context, cause error) { w.left = append(w.left, cause) },
	}).Push(w.Context(), a)
}

// expectCalls checks what was read and written, in this order.
func (w *world) expectCalls(want ...string) {
	w.Helper()
	if !slices.Equal(w.Calls, want) {
		w.Errorf("calls\n%q, want\n%q", w.Calls, want)
	}
}

// expectHead checks the room's head.
func (w *world) expectHead(pushed chat.EntryID, lease roomlog.Lease) {
	w.Helper()
	if w.Top.PushedID != pushed || w.Top.Lease != lease {
		w.Errorf("pushed id %d, lease %q, want %d, %q", w.Top.PushedID, w.Top.Lease, pushed, lease)
	}
}

// script says what happens right before a call, when it is made for the first time.
type script map[string][]func(*world)

// follow lets what the script says happen.
func (w *world) follow(s script) {
	w.Before = func(call string) error {
		for _, do := range s[call] {
			do(w)
		}
		delete(s, call)
		return nil
	}
}

// failing makes a call fail.
func (w *world) failing(call string, err error) {
	w.Before = func(next string) error {
		if next == call {
			return err
		}
		return nil
	}
}

func subscriptionsOf(n int) []chat.Subscription {
	var all []chat.Subscription
	for i := range n {
		all = append(all, chat.Subscription{Room: "r", Connection: chat.ConnectionID(fmt.Sprintf("c%05d", i))})
	}
	return all
}
