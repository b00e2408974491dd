package receipts_test

import (
	"context"
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

func subscribed(users ...chat.UserID) (all []chat.Subscription) {
	for i, user := range users {
		all = append(all, chat.Subscription{Room: "r", Connection: chat.ConnectionID(fmt.Sprint("c", i)), User: user})
	}
	return all
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
		{"who has marked, alone", 2, subscribed("ann"), []receipts.Receipt{ann}, 0},
		{"who has marked, on two devices", 2, subscribed("ann", "ann"), []receipts.Receipt{ann}, 2},
		{"another one alone", 2, subscribed("bob"), []receipts.Receipt{ann}, 1},
		{"one of two who have marked", 2, subscribed("ann"), []receipts.Receipt{ann, bob}, 1},
		{"all", 3, subscribed("ann", "bob", "eve"), []receipts.Receipt{ann, bob}, 3},
		{"all devices of a room that is just small enough", 100, subscribed(many...), []receipts.Receipt{ann}, len(many)},
		{"a room that is too large", 101, subscribed("bob"), []receipts.Receipt{ann}, 0},
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
		s.Subscribed = subscribed("bob")
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

// lateStore takes a while to read the subscriptions of a room, one of which ends meanwhile.
type lateStore struct {
	*fake.Store
	takes time.Duration
}

func (s lateStore) Subscribers(
	ctx context.Context, room chat.RoomID, from *fanout.Cursor, limit int,
) (fanout.Page, error) {
	page, err := s.Store.Subscribers(ctx, room, from, limit)
	s.EndSubscription("c1")
	time.Sleep(s.takes)
	return page, err
}

// TestWhoHasLeftIsNotTold: what was read long ago is read again.
func TestWhoHasLeftIsNotTold(t *testing.T) {
	for takes, want := range map[time.Duration]int{0: 2, 4 * time.Second: 1} {
		synctest.Test(t, func(t *testing.T) {
			s, g := fake.NewStore().WithMembers("r", "ann"), fake.NewGateway()
			s.Subscribed = subscribed("bob", "eve")
			told := map[chat.ConnectionID]int{}
			for i := range s.Subscribed {
				sub := &s.Subscribed[i]
				sub.ExpiresAt = time.Now().Add(time.Hour)
				g.Open(sub.Connection, func([]byte) { told[sub.Connection]++ }, func() {})
			}
			pusher := fanout.NewPusher(g, s, fanout.PusherOptions{
				Parallel: 4, PostRate: 1000, Now: time.Now, Jitter: func() float64 { return 0 },
			})
			a := receipts.NewAnnouncer(s, lateStore{s, takes}, pusher, func(chat.RoomID, []receipts.Receipt) []byte { return nil })
			err := a.Announce(t.Context(), "r", []receipts.Receipt{{User: "ann", ReadID: 1}})
			if err != nil || len(told) != want {
				t.Errorf("after %v: told %v, %v, want %d", takes, told, err, want)
			}
		})
	}
}
