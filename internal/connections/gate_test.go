package connections_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/connections"
)

func TestAConnectionIsReadOnce(t *testing.T) {
	s := withAnn()
	g := fake.NewGate(s)
	for range 3 {
		c, err := g.Connection(t.Context(), "c")
		if err != nil || c != fake.Ann().Connection {
			t.Fatalf("got %+v, %v", c, err)
		}
		if _, err := g.Admit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"connection", "act", "act", "act"}; !slices.Equal(s.Calls, want) {
		t.Errorf("calls %q, want %q", s.Calls, want)
	}
	if _, err := g.Connection(t.Context(), "other"); !errors.Is(err, connections.ErrClosed) {
		t.Errorf("without a connection: %v", err)
	}
}

// TestWhoIsRefused: a connection that has ended is read again, and whoever asks too often is refused without a look.
func TestWhoIsRefused(t *testing.T) {
	for _, c := range []struct {
		refusal error
		calls   []string
	}{
		{connections.ErrExpired, []string{"connection", "act", "connection", "act"}},
		{connections.ErrRevoked, []string{"connection", "act", "connection", "act"}},
		{chat.RateLimited(time.Second), []string{"connection", "act"}},
		{errors.New("broken"), []string{"connection", "act", "connection", "act"}},
	} {
		s := withAnn()
		s.Refusal = c.refusal
		g := fake.NewGate(s)
		for range 2 {
			ann, err := g.Connection(t.Context(), "c")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := g.Admit(t.Context(), ann); chat.CodeOf(err) != chat.CodeOf(c.refusal) {
				t.Errorf("got %v, want %v", err, c.refusal)
			}
		}
		if !slices.Equal(s.Calls, c.calls) {
			t.Errorf("%v: calls %q, want %q", c.refusal, s.Calls, c.calls)
		}
	}
}

// TestWhoWaitsIsLookedAtAgain: for as long as it was told to, a user is refused, with what is left of the wait; requests
// over HTTP and other connections of the user are refused too, other users are not.
func TestWhoWaitsIsLookedAtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := withAnn()
		g := connections.NewGate(s, s, connections.GateOptions{Now: time.Now, Remind: func(context.Context, chat.Connection) {}})
		s.Refusal = chat.RateLimited(time.Second)
		if _, err := g.Admit(t.Context(), fake.Ann().Connection); chat.RetryAfter(err) != time.Second {
			t.Errorf("got %v", err)
		}
		s.Refusal = nil
		time.Sleep(400 * time.Millisecond)
		if err := g.AdmitRequest(t.Context(), chat.Identity{User: "ann"}); chat.RetryAfter(err) != 600*time.Millisecond {
			t.Errorf("got %v", err)
		}
		if err := g.AdmitRequest(t.Context(), chat.Identity{User: "bob"}); err != nil {
			t.Error(err)
		}
		time.Sleep(600 * time.Millisecond)
		if _, err := g.Admit(t.Context(), fake.Ann().Connection); err != nil {
			t.Error(err)
		}
	})
}

// TestTheReminderComesInTime: it comes with what is asked in the last two minutes of the token.
func TestTheReminderComesInTime(t *testing.T) {
	for left, want := range map[time.Duration]bool{
		2*time.Minute + time.Second: false, 2 * time.Minute: true, time.Second: true,
	} {
		for _, reminded := range []bool{false, true} {
			s := withAnn()
			s.Open.TokenExpiresAt, s.Open.Reminded = fake.Noon().Add(left), reminded
			g := fake.NewGate(s)
			if _, err := g.Admit(t.Context(), *s.Open); err != nil {
				t.Fatal(err)
			}
			if _, err := g.Pass(t.Context(), *s.Open); err != nil {
				t.Fatal(err)
			}
			if got := slices.Contains(s.Calls, "remind c"); got != (want && !reminded) {
				t.Errorf("%v before the end, reminded %t: reminds %t", left, reminded, got)
			}
		}
	}
}
