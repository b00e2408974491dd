package dynamo

import (
	"context"

	"serverlesschat/internal/chat"
)

// Rooms and their members.

func roomKey(room chat.RoomID) item { return item{"item": text("room#" + string(room))} }

func memberKey(user chat.UserID, room chat.RoomID) item {
	return item{"user_id": text(string(user)), "item": text("member#" + string(room))}
}

// RoomExists implements [rooms.Store].
func (s *Store) RoomExists(ctx context.Context, room chat.RoomID) (bool, error) {
	row, err := s.get(ctx, s.tables.Rooms, roomKey(room))
	return row != nil, err
}

// CreateRoom implements [rooms.Store].
func (s *Store) CreateRoom(ctx context.Context, room chat.RoomID) error {
	row := roomKey(room)
	row["shards"] = number(1)
	row["created_at"] = number(s.now().UnixMilli())
	_, err := s.put(ctx, s.tables.Rooms, row, "attribute_not_exists(shards)")
	return err
}

// IsMember implements [rooms.Store].
func (s *Store) IsMember(ctx context.Context, user chat.UserID, room chat.RoomID) (bool, error) {
	row, err := s.get(ctx, s.tables.Users, memberKey(user, room))
	return row != nil, err
}

// AddMember implements [rooms.Store].
func (s *Store) AddMember(ctx context.Context, user chat.UserID, room chat.RoomID) error {
	row := memberKey(user, room)
	row["joined_at"] = number(s.now().UnixMilli())
	_, err := s.put(ctx, s.tables.Users, row, "attribute_not_exists(user_id)")
	return err
}
