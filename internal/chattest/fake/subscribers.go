package fake

import (
	"context"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
)

// SubscribedTo returns subscriptions of users to a room: their connections are c0, c1 and so on.
func SubscribedTo(room chat.RoomID, users ...chat.UserID) (all []chat.Subscription) {
	for i, user := range users {
		all = append(all, chat.Subscription{Room: room, Connection: chat.ConnectionID(fmt.Sprint("c", i)), User: user})
	}
	return all
}

// OpenSubscribed opens the connections of all that is subscribed, for an hour. It returns how many frames each has got.
func (s *Store) OpenSubscribed(g *Gateway) map[chat.ConnectionID]int {
	told := map[chat.ConnectionID]int{}
	for i := range s.Subscribed {
		sub := &s.Subscribed[i]
		sub.ExpiresAt = time.Now().Add(time.Hour)
		g.Open(sub.Connection, func([]byte) { told[sub.Connection]++ }, func() {})
	}
	return told
}

// SlowSubscribers is a Store that takes a while to read the subscriptions of a room, one of which ends meanwhile.
type SlowSubscribers struct {
	*Store
	Takes time.Duration
	Ends  chat.ConnectionID
}

func (s SlowSubscribers) Subscribers(
	ctx context.Context, room chat.RoomID, from *fanout.Cursor, limit int,
) (fanout.Page, error) {
	page, err := s.Store.Subscribers(ctx, room, from, limit)
	s.EndSubscription(s.Ends)
	time.Sleep(s.Takes)
	return page, err
}
