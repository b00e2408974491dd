package fake

import (
	"context"
	"fmt"
	"slices"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
)

// Ann is the user ann on the connection c.
func Ann() chat.Caller {
	return chat.Caller{Connection: chat.Connection{
		ID: "c", User: "ann", ConnectedAt: Noon(), TokenExpiresAt: Noon().Add(time.Hour),
	}}
}

func (s *Store) Subscribe(_ context.Context, sub chat.Subscription) error {
	return act(s, func() { s.Joined = append(s.Joined, sub) }, "subscribe")
}

func (s *Store) Unsubscribe(context.Context, chat.ConnectionID, chat.RoomID) error {
	return s.Call("unsubscribe")
}

// Subscribers returns pages of Subscribed, in that order. There are as many shards as Subscribed names.
func (s *Store) Subscribers(_ context.Context, _ chat.RoomID, from *fanout.Cursor, limit int) (fanout.Page, error) {
	call := "subscribers"
	if from != nil {
		call = fmt.Sprintf("subscribers after %s", from.After)
	}
	return ask(s, func() fanout.Page {
		page := fanout.Page{Shards: 1, ReadAt: time.Now()}
		for _, sub := range s.Subscribed {
			page.Shards = max(page.Shards, sub.Shard+1)
		}
		rest := s.Subscribed
		if from != nil {
			isLast := func(sub chat.Subscription) bool { return sub.Connection == from.After }
			rest = rest[slices.IndexFunc(rest, isLast)+1:]
			page.Shards = from.Shards
		}
		page.Subscriptions = slices.Clone(rest[:min(limit, len(rest))])
		if len(rest) > limit {
			last := rest[limit-1]
			page.Next = &fanout.Cursor{Shards: page.Shards, Shard: last.Shard, After: last.Connection}
		}
		return page
	}, "%s", call)
}

// Current returns those that are in Subscribed.
func (s *Store) Current(
	_ context.Context, _ chat.RoomID, subscriptions []chat.Subscription,
) ([]chat.Subscription, error) {
	return ask(s, func() (current []chat.Subscription) {
		asked := map[chat.ConnectionID]bool{}
		for _, sub := range subscriptions {
			asked[sub.Connection] = true
		}
		for _, sub := range s.Subscribed {
			if asked[sub.Connection] {
				current = append(current, sub)
			}
		}
		return current
	}, "current %d", len(subscriptions))
}

// EndSubscription removes one from Subscribed, while others may call.
func (s *Store) EndSubscription(id chat.ConnectionID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Subscribed = slices.DeleteFunc(s.Subscribed, func(sub chat.Subscription) bool { return sub.Connection == id })
}

func (s *Store) RemoveSubscription(_ context.Context, sub chat.Subscription) error {
	return s.Call("remove %s", sub.Connection)
}

func (s *Store) MarkClosing(_ context.Context, sub chat.Subscription) error {
	return s.Call("mark %s", sub.Connection)
}

func (s *Store) PutConnection(_ context.Context, c chat.Connection, _ int) error {
	return act(s, func() { s.Open = &c }, "put connection %s", c.ID)
}

func (s *Store) RemoveConnection(_ context.Context, _ chat.UserID, id chat.ConnectionID) error {
	return s.Call("remove connection %s", id)
}

func (s *Store) Connection(_ context.Context, id chat.ConnectionID) (*chat.Connection, error) {
	return ask(s, func() *chat.Connection {
		if s.Open == nil || s.Open.ID != id {
			return nil
		}
		return s.Open
	}, "connection")
}

func (s *Store) Entry(_ context.Context, _ chat.RoomID, id chat.EntryID) (*chat.Entry, error) {
	return ask(s, func() *chat.Entry {
		if e, ok := s.Entries[id]; ok {
			return &e
		}
		return nil
	}, "entry %d", id)
}

func (s *Store) Update(_ context.Context, was, is chat.Entry) (bool, error) {
	return ask(s, func() bool {
		stored, ok := s.Entries[was.ID]
		if !ok || stored.User != was.User || stored.UpdatedID != was.UpdatedID || stored.Erasures != was.Erasures {
			return false
		}
		stored.Content, stored.Changes = is.Content, is.Changes
		s.Entries[was.ID] = stored
		return true
	}, "update %d by %d", is.ID, is.UpdatedID)
}

func (s *Store) Empty(_ context.Context, _ chat.RoomID, edit chat.EntryID) error {
	return act(s, func() {
		if e, ok := s.Entries[edit]; ok {
			e.Content = ""
			s.Entries[edit] = e
		}
	}, "empty %d", edit)
}
