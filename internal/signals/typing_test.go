package signals_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/signals"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newTypist(s *fake.Store, d *fake.Deliverer) *signals.Typist {
	encode := func(room chat.RoomID, user chat.UserID, active bool) []byte {
		return fmt.Appendf(nil, "%s %s %t", room, user, active)
	}
	return signals.NewTypist(rooms.NewMembership(s), s, d, time.Now, encode)
}

func crowd(n int) []chat.Subscription { return fake.SubscribedTo("r", make([]chat.UserID, n)...) }

// TestType: the others are told, once, if they are not too many.
func TestType(t *testing.T) {
	for _, c := range []struct {
		name       string
		subscribed []chat.Subscription
		told       []chat.ConnectionID
	}{
		{"nobody is there", nil, nil},
		{"she is alone, on two devices", fake.SubscribedTo("r", "ann", "ann"), nil},
		{"the others", fake.SubscribedTo("r", "ann", "bob", "ann", "eve"), []chat.ConnectionID{"c1", "c3"}},
		{"too many", crowd(fanout.SmallRoom + 1), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, d := fake.NewStore().WithMembers("r", "ann"), &fake.Deliverer{}
			s.Subscribed = c.subscribed
			if _, err := newTypist(s, d).Type(t.Context(), fake.Ann(), signals.Typing{Room: "r", Active: true}); err != nil {
				t.Fatal(err)
			}
			var told []chat.ConnectionID
			for _, delivery := range d.Got {
				if string(delivery.Frames[0].Data) != "r ann true" || !delivery.Quick {
					t.Errorf("delivery %+v", delivery)
				}
				for _, r := range delivery.Recipients {
					told = append(told, r.Connection)
				}
			}
			if fmt.Sprint(told) != fmt.Sprint(c.told) {
				t.Errorf("told %v, want %v", told, c.told)
			}
		})
	}
	s, d := fake.NewStore().WithMembers("r", "ann"), &fake.Deliverer{}
	s.Subscribed = crowd(fanout.SmallRoom)
	if _, err := newTypist(s, d).Type(t.Context(), fake.Ann(), signals.Typing{Room: "r", Active: true}); err != nil || len(d.Got) != 1 {
		t.Errorf("%d listeners: %d deliveries, %v", fanout.SmallRoom, len(d.Got), err)
	}
}

// TestTypingIsToldOnceInThreeSeconds; to stop is news, and so is to begin again.
func TestTypingIsToldOnceInThreeSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := fake.NewStore().WithMembers("r", "ann").WithMembers("q", "ann"), &fake.Deliverer{}
		s.Subscribed = fake.SubscribedTo("r", "bob")
		typist := newTypist(s, d)
		for i, step := range []struct {
			wait   time.Duration
			room   chat.RoomID
			active bool
			told   bool
		}{
			{0, "r", true, true}, {time.Second, "r", true, false}, {0, "q", true, true}, {2 * time.Second, "r", true, true},
			{time.Second, "r", false, true}, {0, "r", false, false}, {0, "r", true, true},
		} {
			time.Sleep(step.wait)
			before := len(d.Got)
			if _, err := typist.Type(t.Context(), fake.Ann(), signals.Typing{Room: step.room, Active: step.active}); err != nil {
				t.Fatal(err)
			}
			if told := len(d.Got) > before; told != step.told {
				t.Errorf("step %d: told %t, want %t", i, told, step.told)
			}
		}
	})
}

// TestTypingThatFails: who is not reached is no error. Strangers tell nobody anything.
func TestTypingThatFails(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name    string
		members []chat.UserID
		err     error
		want    error
		code    chat.Code
	}{
		{"nobody is reached", []chat.UserID{"ann"}, broken, nil, ""},
		{"the gateway refuses the chat", []chat.UserID{"ann"}, fanout.ErrForbidden, fanout.ErrForbidden, chat.CodeInternal},
		{"a stranger", []chat.UserID{"bob"}, nil, nil, chat.CodeForbidden},
		{"no room", nil, nil, nil, chat.CodeNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, d := fake.NewStore(), &fake.Deliverer{Err: c.err}
			if c.members != nil {
				s.WithMembers("r", c.members...)
			}
			s.Subscribed = fake.SubscribedTo("r", "bob")
			_, err := newTypist(s, d).Type(t.Context(), fake.Ann(), signals.Typing{Room: "r", Active: true})
			if chat.CodeOf(err) != c.code || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %q", err, c.code)
			}
			if told := len(d.Got) > 0; told != (c.code == "" || c.want != nil) {
				t.Errorf("deliveries %+v", d.Got)
			}
		})
	}
}

// TestWhoHasLeftIsNotToldWhoTypes: what was read long ago is read again.
func TestWhoHasLeftIsNotToldWhoTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, g := fake.NewStore().WithMembers("r", "ann"), fake.NewGateway()
		s.Subscribed = fake.SubscribedTo("r", "bob", "eve")
		told := s.OpenSubscribed(g)
		pusher := fanout.NewPusher(g, s, fanout.PusherOptions{
			Parallel: 4, PostRate: 1000, Now: time.Now, Jitter: func() float64 { return 0 },
		})
		encode := func(chat.RoomID, chat.UserID, bool) []byte { return nil }
		typist := signals.NewTypist(rooms.NewMembership(s), fake.SlowSubscribers{Store: s, Takes: 4 * time.Second, Ends: "c1"}, pusher, time.Now, encode)
		if _, err := typist.Type(t.Context(), fake.Ann(), signals.Typing{Room: "r", Active: true}); err != nil {
			t.Fatal(err)
		}
		if len(told) != 1 || told["c0"] != 1 {
			t.Errorf("told %v, want c0 alone", told)
		}
	})
}
