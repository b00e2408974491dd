package fake

import (
	"context"
	"slices"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// Ann is the user ann on the connection c.
func Ann() chat.Caller {
	return chat.Caller{Connection: chat.Connection{
		ID: "c", User: "ann", ConnectedAt: Noon(), TokenExpiresAt: Noon().Add(time.Hour),
	}}
}

func (s *Store) RoomExists(_ context.Context, room chat.RoomID) (bool, error) {
	_, ok := s.Members[room]
	return ok, s.Call("room exists")
}

func (s *Store) CreateRoom(_ context.Context, room chat.RoomID) error {
	err := s.Call("create room")
	if _, ok := s.Members[room]; !ok && err == nil {
		s.Members[room] = nil
	}
	return err
}

func (s *Store) IsMember(_ context.Context, user chat.UserID, room chat.RoomID) (bool, error) {
	return slices.Contains(s.Members[room], user), s.Call("is member")
}

func (s *Store) Precheck(_ context.Context, e chat.NewEntry) (bool, *roomlog.Claim, error) {
	return slices.Contains(s.Members[e.Room], e.User), s.claim(e), s.Call("precheck")
}

func (s *Store) AddMember(_ context.Context, user chat.UserID, room chat.RoomID) error {
	err := s.Call("add member")
	if err == nil && !slices.Contains(s.Members[room], user) {
		s.Members[room] = append(s.Members[room], user)
	}
	return err
}

func (s *Store) Subscribe(_ context.Context, sub chat.Subscription) error {
	if err := s.Call("subscribe"); err != nil {
		return err
	}
	s.Joined = append(s.Joined, sub)
	return nil
}

func (s *Store) Unsubscribe(context.Context, chat.ConnectionID, chat.RoomID) error {
	return s.Call("unsubscribe")
}

func (s *Store) PutConnection(_ context.Context, c chat.Connection) error {
	err := s.Call("put connection %s", c.ID)
	if err == nil {
		s.Open = &c
	}
	return err
}

func (s *Store) RemoveConnection(_ context.Context, id chat.ConnectionID) error {
	return s.Call("remove connection %s", id)
}

func (s *Store) Connection(_ context.Context, id chat.ConnectionID) (*chat.Connection, error) {
	if err := s.Call("connection"); err != nil || s.Open == nil || s.Open.ID != id {
		return nil, err
	}
	return s.Open, nil
}
