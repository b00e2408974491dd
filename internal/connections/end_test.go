package connections_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/connections"
)

// door is a gateway that notes what it is asked for, and may refuse to close.
type door struct {
	mu    sync.Mutex
	calls []string
	stuck bool
}

func (d *door) note(call string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, call)
}

func (d *door) Post(_ context.Context, id chat.ConnectionID, frame []byte) error {
	d.note(fmt.Sprintf("post %s %s", id, frame))
	return nil
}

func (d *door) Close(_ context.Context, id chat.ConnectionID) error {
	d.note("close " + string(id))
	if d.stuck {
		return errors.New("stuck")
	}
	return nil
}

func TestGoodbyeComesBeforeTheEnd(t *testing.T) {
	for _, stuck := range []bool{false, true} {
		d := &door{stuck: stuck}
		err := fake.NewEnder(fake.NewStore(), d).End(t.Context(), "c", connections.ErrRevoked.Goodbye)
		if want := []string{"post c goodbye revoked", "close c"}; !slices.Equal(d.calls, want) || (err != nil) != stuck {
			t.Errorf("calls %q, %v", d.calls, err)
		}
	}
}

func TestWhoRemindsHasRenewed(t *testing.T) {
	s, d := withAnn(), &door{}
	ender := fake.NewEnder(s, d)
	c := *s.Open
	for range 3 { // all have seen the connection as it was
		ender.Remind(t.Context(), c)
	}
	if want := []string{"post c reauthenticate"}; !slices.Equal(d.calls, want) || !s.Open.Reminded {
		t.Errorf("calls %q, stored %+v", d.calls, s.Open)
	}
}

func TestAuthenticate(t *testing.T) {
	later := fake.Noon().Add(2 * time.Hour)
	for _, c := range []struct {
		name, token string
		change      func(s *fake.Store)
		want        chat.Code
	}{
		{"a fresh token", "ann", func(*fake.Store) {}, ""},
		{"a bad one", "bad", func(*fake.Store) {}, chat.CodeUnauthorized},
		{"of another user", "bob", func(*fake.Store) {}, chat.CodeForbidden},
		{"beside a reminder", "ann", func(s *fake.Store) { s.Open.Reminded = true }, ""},
		{"the connection is gone", "ann", func(s *fake.Store) { s.Open = nil }, chat.CodeUnauthorized},
		{"its session was ended", "ann", func(s *fake.Store) { s.Refusal = connections.ErrRevoked }, chat.CodeUnauthorized},
		{"the store fails", "ann", func(s *fake.Store) { s.DieAfter(0, errors.New("dead")) }, chat.CodeInternal},
		{"the row cannot be written", "ann", func(s *fake.Store) { s.DieAfter(1, errors.New("dead")) }, chat.CodeInternal},
	} {
		s := withAnn()
		c.change(s)
		a := connections.NewAuthenticator(verifier{chat.Identity{Session: "s2", ExpiresAt: later}}, s, s)
		got, err := a.Authenticate(t.Context(), fake.Ann(), connections.Authenticate{Token: c.token})
		if _, ended := errors.AsType[*connections.Ended](err); ended {
			t.Errorf("%s: the connection ends", c.name)
		}
		if chat.CodeOf(err) != c.want || err == nil && !got.ExpiresAt.Equal(later) {
			t.Errorf("%s: got %+v, %v, want %q", c.name, got, err, c.want)
		}
		if renewed := s.Open != nil && s.Open.Session == "s2" && !s.Open.Reminded; err == nil && !renewed {
			t.Errorf("%s: stored %+v", c.name, s.Open)
		}
	}
}

// listed is a store with subscriptions of ann's connection, which has a token until noon and a while.
func listed(left time.Duration, lookAt time.Duration) (*fake.Store, []chat.Subscription) {
	s := withAnn()
	s.Open.TokenExpiresAt = fake.Noon().Add(left)
	return s, []chat.Subscription{
		{Room: "r", Connection: "c", User: "ann", ExpiresAt: s.Open.ExpiresAt(), LookAt: fake.Noon().Add(lookAt)},
		{Room: "r", Connection: "other", User: "bob", LookAt: fake.Noon().Add(time.Hour)},
		{Room: "r", Connection: "old", User: "eve"}, // of the version before
	}
}

// TestWhoMayGetSomething: who has a token. It is looked at when the subscription does not say so.
func TestWhoMayGetSomething(t *testing.T) {
	for _, c := range []struct {
		name         string
		left, lookAt time.Duration
		change       func(*fake.Store, []chat.Subscription)
		gets         bool
		calls        []string // of the store
		gateway      []string
	}{
		{"not yet", time.Hour, time.Second, nil, true, nil, nil},
		{"a fresh token came", time.Hour, 0, nil, true, []string{"look", "postpone c"}, nil},
		{"it ends soon", time.Minute, -time.Minute, nil, true, []string{"look", "renew connection", "postpone c"}, []string{"post c reauthenticate"}},
		{"it ends soon, which was said", time.Minute, -time.Minute, func(s *fake.Store, _ []chat.Subscription) { s.Open.Reminded = true }, true,
			[]string{"look", "postpone c"}, nil},
		{"it has ended", 0, 0, func(s *fake.Store, _ []chat.Subscription) { s.Refusal = connections.ErrExpired }, false, []string{"look"},
			[]string{"post c goodbye expired", "close c"}},
		{"its session was ended", time.Hour, 0, func(s *fake.Store, _ []chat.Subscription) { s.Refusal = connections.ErrRevoked }, false, []string{"look"},
			[]string{"post c goodbye revoked", "close c"}},
		{"the connection is gone", time.Hour, 0, func(s *fake.Store, _ []chat.Subscription) { s.Open = nil }, false, []string{"look"}, nil},
		{"it is being closed", time.Hour, 0, func(_ *fake.Store, subs []chat.Subscription) { subs[0].Closing = true }, true, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, subs := listed(c.left, c.lookAt)
			if c.change != nil {
				c.change(s, subs)
			}
			d := &door{}
			w := connections.NewWarden(s, s, fake.NewEnder(s, d), fake.Noon)
			those, err := w.Those(t.Context(), subs)
			if err != nil {
				t.Fatal(err)
			}
			want := subs
			if !c.gets {
				want = subs[1:]
			}
			if !slices.Equal(those, want) {
				t.Errorf("got %+v", those)
			}
			if !slices.Equal(s.Calls, c.calls) || !slices.Equal(d.calls, c.gateway) {
				t.Errorf("calls %q and %q, want %q and %q", s.Calls, d.calls, c.calls, c.gateway)
			}
		})
	}
}

func TestNobodyGetsAnythingUnseen(t *testing.T) {
	s, subs := listed(time.Hour, 0)
	broken := errors.New("broken")
	s.Refusal = broken
	those, err := connections.NewWarden(s, s, fake.NewEnder(s, &door{}), fake.Noon).Those(t.Context(), subs)
	if !errors.Is(err, broken) || those != nil {
		t.Errorf("got %+v, %v", those, err)
	}
}

// ends is a user with three connections, two of them of the session.
type ends struct {
	mu      sync.Mutex
	fails   error
	dropped []chat.ConnectionID
}

func (e *ends) EndSession(context.Context, chat.UserID, chat.SessionID, time.Time) ([]chat.Connection, error) {
	return []chat.Connection{{ID: "a", Session: "s"}, {ID: "b", Session: "t"}, {ID: "c", Session: "s"}}, e.fails
}

func (e *ends) DropSubscriptions(_ context.Context, id chat.ConnectionID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.dropped = append(e.dropped, id)
	return nil
}

// TestRevoke: the connections of the session are told and closed, and no others. Where the gateway does not close one,
// nothing reaches it any more all the same.
func TestRevoke(t *testing.T) {
	for _, stuck := range []bool{false, true} {
		e, d := &ends{}, &door{stuck: stuck}
		r := connections.NewRevoker(e, fake.NewEnder(fake.NewStore(), d))
		if err := r.Revoke(t.Context(), "ann", "s", fake.Noon()); err != nil {
			t.Fatal(err)
		}
		slices.Sort(d.calls)
		if want := []string{"close a", "close c", "post a goodbye revoked", "post c goodbye revoked"}; !slices.Equal(d.calls, want) {
			t.Errorf("calls %q", d.calls)
		}
		slices.Sort(e.dropped)
		if want := []chat.ConnectionID{"a", "c"}; stuck && !slices.Equal(e.dropped, want) || !stuck && len(e.dropped) > 0 {
			t.Errorf("dropped %v", e.dropped)
		}
	}
	broken := errors.New("broken")
	r := connections.NewRevoker(&ends{fails: broken}, fake.NewEnder(fake.NewStore(), &door{}))
	if err := r.Revoke(t.Context(), "ann", "s", fake.Noon()); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
