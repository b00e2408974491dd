package receipts_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/receipts"
)

func newAnnouncer(s *fake.Store, d *fake.Deliverer) *receipts.Announcer {
	return receipts.NewAnnouncer(s, s, d, func(room chat.RoomID, all []receipts.Receipt) []byte {
		return fmt.Append(nil, room, all)
	})
}

// TestAnnounce: all connections of a small room are told, in one frame.
func TestAnnounce(t *testing.T) {
	ann, bob := receipts.NewReceipt("ann", 2, 1), receipts.NewReceipt("bob", 0, 3)
	many := make([]chat.UserID, 2*fanout.SmallRoom+1)
	for _, c := range []struct {
		name       string
		members    int
		subscribed []chat.Subscription
		marked     []receipts.Receipt
		told       int
	}{
		{"nobody is there", 2, nil, []receipts.Receipt{ann}, 0},
		{"who has marked, alone", 2, fake.SubscribedTo("r", "ann"), []receipts.Receipt{ann}, 0},
		{"who has marked, on two devices", 2, fake.SubscribedTo("r", "ann", "ann"), []receipts.Receipt{ann}, 2},
		{"another one alone", 2, fake.SubscribedTo("r", "bob"), []receipts.Receipt{ann}, 1},
		{"one of two who have marked", 2, fake.SubscribedTo("r", "ann"), []receipts.Receipt{ann, bob}, 1},
		{"all", 3, fake.SubscribedTo("r", "ann", "bob", "eve"), []receipts.Receipt{ann, bob}, 3},
		{"all devices of a room that is just small enough", 100, fake.SubscribedTo("r", many...), []receipts.Receipt{ann}, len(many)},
		{"a room that is too large", 101, fake.SubscribedTo("r", "bob"), []receipts.Receipt{ann}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, d := fake.NewStore().WithMembers("r", "ann", "bob", "eve"), &fake.Deliverer{}
			s.Subscribed, s.Crowd = c.subscribed, c.members
			if err := newAnnouncer(s, d).Announce(t.Context(), "r", c.marked); err != nil {
				t.Fatal(err)
			}
			told := map[chat.ConnectionID]int{}
			for _, delivery := range d.Got {
				if string(delivery.Frames[0].Data) != fmt.Sprint("r", c.marked) || !delivery.Quick || delivery.ReadAt.IsZero() {
					t.Errorf("delivery %+v", delivery)
				}
				for _, r := range delivery.Recipients {
					told[r.Connection]++
				}
			}
			if len(told) != c.told {
				t.Errorf("%d told, want %d", len(told), c.told)
			}
		})
	}
}

// TestAnnouncementsThatFail: who is not reached is no error.
func TestAnnouncementsThatFail(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		call string
		err  error
		want error
	}{
		{"nobody is reached", "", broken, nil},
		{"the gateway refuses the chat", "", fanout.ErrForbidden, fanout.ErrForbidden},
		{"members cannot be counted", "count members", nil, broken},
		{"subscriptions cannot be read", "subscribers", nil, broken},
	} {
		s, d := fake.NewStore().WithMembers("r", "ann"), &fake.Deliverer{Err: c.err}
		s.Subscribed = fake.SubscribedTo("r", "bob")
		s.Before = func(call string) error {
			if c.call != "" && len(call) >= len(c.call) && call[:len(c.call)] == c.call {
				return broken
			}
			return nil
		}
		if err := newAnnouncer(s, d).Announce(t.Context(), "r", []receipts.Receipt{{User: "ann", ReadID: 1}}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// TestWhoHasLeftIsNotTold: what was read long ago is read again.
func TestWhoHasLeftIsNotTold(t *testing.T) {
	for takes, want := range map[time.Duration]int{0: 2, 4 * time.Second: 1} {
		synctest.Test(t, func(t *testing.T) {
			s, g := fake.NewStore().WithMembers("r", "ann"), fake.NewGateway()
			s.Subscribed = fake.SubscribedTo("r", "bob", "eve")
			told := s.OpenSubscribed(g)
			pusher := fanout.NewPusher(g, s, fanout.PusherOptions{
				Parallel: 4, PostRate: 1000, Now: time.Now, Jitter: func() float64 { return 0 },
			})
			a := receipts.NewAnnouncer(s, fake.SlowSubscribers{Store: s, Takes: takes, Ends: "c1"}, pusher, func(chat.RoomID, []receipts.Receipt) []byte { return nil })
			err := a.Announce(t.Context(), "r", []receipts.Receipt{{User: "ann", ReadID: 1}})
			if err != nil || len(told) != want {
				t.Errorf("after %v: told %v, %v, want %d", takes, told, err, want)
			}
		})
	}
}
