package chattest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// scripted is a server for one client: a log, of which it pushes what the test says.
type scripted struct {
	mu    sync.Mutex
	log   []chat.Entry
	gone  chat.EntryID // up to here all has expired
	calls []string
	dials int
	push  func(chat.RoomID, []chat.Entry)
	done  chan struct{}
	early []chat.Entry // is pushed before the reply to the join
	fails []error      // what sends return, one after the other

	moving    bool // each dial opens a connection that may be asked to move
	opened    []*movable
	joinFails error // of all connections but the first
}

func (s *scripted) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, fmt.Sprintf(format, args...))
}

func (s *scripted) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

func (s *scripted) Dial(_ context.Context, push func(chat.RoomID, []chat.Entry)) (chattest.Conn, error) {
	s.note("dial")
	if s.dials++; s.dials == 2 {
		return nil, errors.New("refused")
	}
	s.push, s.done = push, make(chan struct{})
	if s.moving {
		return s.moved(push), nil
	}
	return s, nil
}

func (s *scripted) holds(log []chat.Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = log
}

// forgets lets all up to an id expire.
func (s *scripted) forgets(id chat.EntryID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = id
}

func (s *scripted) page(after chat.EntryID, limit int) roomlog.Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := s.log[max(after, s.gone):]
	p := page(chat.EntryID(len(s.log)), len(rest) > limit, rest[:min(limit, len(rest))]...)
	p.FirstID = s.gone + 1
	return p
}

func (s *scripted) Join(_ context.Context, in rooms.JoinRoom) (roomlog.Page, error) {
	if s.early != nil {
		s.push("r", s.early)
		s.push("other room", entries(9))
	}
	if in.AfterID == nil {
		s.note("join")
		return page(s.page(0, 0).LastID, false), nil
	}
	s.note("join after %d", *in.AfterID)
	return s.page(*in.AfterID, 2), nil
}

func (s *scripted) Sync(_ context.Context, in messages.Sync) (roomlog.Page, error) {
	s.note("sync after %d", in.AfterID)
	return s.page(in.AfterID, 2), nil
}

func (s *scripted) Append(_ context.Context, in chat.NewEntry) (chat.Entry, error) {
	s.note("send %s %s", in.ClientMessageID, in.Content)
	if len(s.fails) > 0 {
		err := s.fails[0]
		s.fails = s.fails[1:]
		return chat.Entry{}, err
	}
	return entry(1), nil
}

func (s *scripted) Done() <-chan struct{} { return s.done }

// Drop may be called by the client and by the test at once.
func (s *scripted) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
	default:
		close(s.done)
	}
}

// withClient runs a client of the server in a bubble of its own time.
func withClient(t *testing.T, s *scripted, all bool, test func(*testing.T, *chattest.Client, *chattest.Record)) {
	synctest.Test(t, func(t *testing.T) {
		record := chattest.NewRecord("r")
		ctx, cancel := context.WithCancel(t.Context())
		client := chattest.NewClient(chattest.ClientOptions{
			Name: "ann", User: "ann", Room: "r", Dialer: s, Record: record, Moment: time.Second, All: all,
		})
		ended := make(chan error)
		go func() { ended <- client.Run(ctx) }()
		synctest.Wait()
		test(t, client, record)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// shows says how far the client shows the room.
func shows(t *testing.T, client *chattest.Client, id chat.EntryID) {
	t.Helper()
	synctest.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if client.AwaitShown(ctx, id) != nil || client.AwaitShown(ctx, id+1) == nil {
		t.Errorf("does not show the room up to %d", id)
	}
}

func wantCalls(t *testing.T, s *scripted, want ...string) {
	t.Helper()
	if got := s.taken(); !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
}

func TestClientStandsByIDs(t *testing.T) {
	s := &scripted{log: entries(1, 2)}
	withClient(t, s, false, func(t *testing.T, client *chattest.Client, record *chattest.Record) {
		wantCalls(t, s, "dial", "join")
		s.holds(entries(1, 2, 3, 4, 5, 6, 7))
		s.push("r", entries(1, 2, 3))
		shows(t, client, 3)
		s.push("r", entries(3, 4))
		s.push("r", entries(6))
		shows(t, client, 4)
		time.Sleep(900 * time.Millisecond)
		s.push("r", entries(5)) // the gap closes by itself
		shows(t, client, 6)
		time.Sleep(2 * time.Second)
		wantCalls(t, s)
		s.push("r", entries(7))
		shows(t, client, 7)
		for _, v := range record.Check(s.log) {
			if v.Promise == 4 || v.Promise == 5 {
				t.Error(v)
			}
		}
	})
}

func TestClientAsksAtAGap(t *testing.T) {
	s := &scripted{}
	withClient(t, s, false, func(t *testing.T, client *chattest.Client, _ *chattest.Record) {
		wantCalls(t, s, "dial", "join")
		s.holds(entries(1, 2, 3, 4, 5))
		s.push("r", entries(5))
		time.Sleep(time.Second - time.Nanosecond)
		shows(t, client, 0)
		wantCalls(t, s)
		time.Sleep(time.Nanosecond)
		shows(t, client, 5)
		wantCalls(t, s, "sync after 0", "sync after 2", "sync after 5") // 5 had been kept
	})
}

func TestClientKeepsWhatComesBeforeTheReply(t *testing.T) {
	s := &scripted{log: entries(1, 2, 3), early: entries(4, 5)}
	withClient(t, s, false, func(t *testing.T, client *chattest.Client, _ *chattest.Record) { shows(t, client, 5) })
}

func TestClientShowsARoomFromItsStart(t *testing.T) {
	s := &scripted{log: entries(1, 2, 3, 4, 5)}
	withClient(t, s, true, func(t *testing.T, client *chattest.Client, _ *chattest.Record) {
		shows(t, client, 5)
		wantCalls(t, s, "dial", "join after 0", "sync after 2", "sync after 4")
	})
}

func TestClientComesBack(t *testing.T) {
	s := &scripted{log: entries(1, 2, 3)}
	withClient(t, s, false, func(t *testing.T, client *chattest.Client, _ *chattest.Record) {
		client.Drop()
		synctest.Wait()
		wantCalls(t, s, "dial", "join")
		s.holds(entries(1, 2, 3, 4))
		time.Sleep(3 * time.Second)
		wantCalls(t, s, "dial", "dial", "join after 3") // the second is refused
		shows(t, client, 4)
	})
}

// TestClientGoesOnFromTheFirstID: what has expired is no gap, neither when it comes back nor when it asks at a gap.
func TestClientGoesOnFromTheFirstID(t *testing.T) {
	expiring := entries(1, 2, 3, 4, 5, 6, 7, 8)
	for i := range expiring {
		expiring[i].ExpiresAt = expiring[i].CreatedAt.Add(time.Hour)
	}
	s := &scripted{log: expiring[:2]}
	withClient(t, s, false, func(t *testing.T, client *chattest.Client, record *chattest.Record) {
		client.Drop()
		s.holds(expiring[:6])
		s.forgets(4)
		time.Sleep(3 * time.Second)
		shows(t, client, 6)
		wantCalls(t, s, "dial", "join", "dial", "dial", "join after 2")
		s.holds(expiring)
		s.forgets(7)
		s.push("r", expiring[7:])
		time.Sleep(2 * time.Second)
		shows(t, client, 8)
		wantCalls(t, s, "sync after 6")
		time.Sleep(2 * time.Second)
		wantCalls(t, s)
		for _, v := range record.Check(s.log) {
			if v.Promise == 4 || v.Promise == 5 {
				t.Error(v)
			}
		}
	})
}

func TestClientSendsAgain(t *testing.T) {
	s := &scripted{fails: []error{errors.New("lost"), chat.Errorf(chat.CodeUnavailable, "later")}}
	withClient(t, s, false, func(t *testing.T, client *chattest.Client, _ *chattest.Record) {
		s.taken()
		if e, err := client.Send(t.Context(), "m1", "hi"); err != nil || !e.Equal(entry(1)) {
			t.Errorf("got %+v, %v", e, err)
		}
		wantCalls(t, s, "send m1 hi", "send m1 hi", "send m1 hi")
		s.fails = []error{chat.Errorf(chat.CodeConflict, "taken")}
		if _, err := client.Send(t.Context(), "m1", "ho"); chat.CodeOf(err) != chat.CodeConflict {
			t.Errorf("got %v", err)
		}
		wantCalls(t, s, "send m1 ho")
	})
}
