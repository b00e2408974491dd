package chattest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// movable is one of several connections to a scripted server.
type movable struct {
	*scripted
	push  func(chat.RoomID, []chat.Entry)
	done  chan struct{}
	drop  sync.Once
	moves chan struct{}
	join  func() // before the reply
}

func (s *scripted) moved(push func(chat.RoomID, []chat.Entry)) *movable {
	m := &movable{scripted: s, push: push, done: make(chan struct{}), moves: make(chan struct{}), join: func() {}}
	if len(s.opened) > 0 {
		m.join = func() {
			select {
			case <-s.opened[0].done:
				s.note("the first is closed before the second has joined")
			default:
			}
			s.holds(entries(1, 2, 3, 4, 5))
			s.opened[0].push("r", entries(3)) // while the second joins
		}
	}
	s.opened = append(s.opened, m)
	return m
}

func (m *movable) Join(ctx context.Context, in rooms.JoinRoom) (roomlog.Page, error) {
	if m.joinFails != nil && m != m.opened[0] {
		return roomlog.Page{}, m.joinFails
	}
	m.join()
	return m.scripted.Join(ctx, in)
}
func (m *movable) Moves() <-chan struct{} { return m.moves }
func (m *movable) Done() <-chan struct{}  { return m.done }
func (m *movable) Drop()                  { m.drop.Do(func() { close(m.done) }) }

// A client opens the next connection, joins there after what it shows, and closes the first one then. When the next
// cannot be opened (the second dial is refused), it stays where it is for a moment.
func TestClientMoves(t *testing.T) {
	s := &scripted{log: entries(1, 2), moving: true}
	withClient(t, s, false, func(t *testing.T, client *chattest.Client, record *chattest.Record) {
		wantCalls(t, s, "dial", "join")
		first := s.opened[0]
		close(first.moves)
		synctest.Wait()
		wantCalls(t, s, "dial") // is refused
		select {
		case <-first.done:
			t.Fatal("the first connection is closed, and there is no other")
		default:
		}
		time.Sleep(2 * time.Second)
		wantCalls(t, s, "dial", "join after 2", "sync after 4")
		<-first.done
		shows(t, client, 5)
		s.opened[1].push("r", entries(4, 5))
		shows(t, client, 5)
		if moves, cut := client.Moves(); moves != 1 || cut != 0 {
			t.Errorf("%d moves, %d after the first was lost, want one in time", moves, cut)
		}
		for _, v := range record.Check(s.log) {
			if v.Promise == 4 || v.Promise == 5 {
				t.Error(v)
			}
		}
	})
}

// A join that fails on the next connection leaves the client on the first.
func TestClientStaysWhenItCannotJoin(t *testing.T) {
	s := &scripted{log: entries(1, 2), moving: true, dials: 2, joinFails: errors.New("lost")}
	withClient(t, s, false, func(t *testing.T, client *chattest.Client, _ *chattest.Record) {
		close(s.opened[0].moves)
		synctest.Wait()
		wantCalls(t, s, "dial", "join", "dial")
		<-s.opened[1].done
		s.opened[0].push("r", entries(3))
		shows(t, client, 3)
		if moves, _ := client.Moves(); moves != 0 {
			t.Errorf("%d moves", moves)
		}
	})
}
