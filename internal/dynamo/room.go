package dynamo

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

// The settings of rooms.

const (
	roomPrefix = "room#"
	day        = 24 * time.Hour
)

func roomKey(room chat.RoomID) item { return item{"item": text(roomPrefix + string(room))} }

// roomOf returns the room of a row; nil for no row, and for a room that is deleted.
func roomOf(id chat.RoomID, row item) *rooms.Room {
	r := reader{row}
	if row == nil || r.number("deleted_at") != 0 {
		return nil
	}
	return &rooms.Room{
		ID: id, Kind: rooms.Kind(r.text("kind")), Name: r.text("name"),
		SlowMode:  time.Duration(r.number("slow_mode_s")) * time.Second,
		Retention: time.Duration(r.number("retention_days")) * day,
		Blocked:   row["blocked"] != nil,
		Size:      rooms.Size(r.number("size")),
	}
}

// Access implements [rooms.Store].
func (s *Store) Access(ctx context.Context, user chat.UserID, room chat.RoomID) (rooms.Access, error) {
	rows, err := s.batchGet(ctx, map[string][]item{
		s.tables.Rooms: {roomKey(room)}, s.tables.Members: {memberKey(user, room)},
	})
	if err != nil {
		return rooms.Access{}, err
	}
	return s.accessOf(user, room, rows), nil
}

// accessOf returns the access that rows of rooms and members give, one of each at most.
func (s *Store) accessOf(user chat.UserID, room chat.RoomID, rows map[string][]item) rooms.Access {
	a := rooms.Access{At: s.now()}
	for _, row := range rows[s.tables.Rooms] {
		a.Room = roomOf(room, row)
	}
	for _, row := range rows[s.tables.Members] {
		m := memberOf(row)
		a.Member = &m
	}
	return a
}

// OpenRoom implements [rooms.Store]. The row of a room stays when the room is deleted, so its name is not given again.
func (s *Store) OpenRoom(ctx context.Context, room rooms.Room, members ...rooms.Member) (bool, error) {
	owners := 0
	for _, m := range members {
		owners += isOwner(m)
	}
	row := roomKey(room.ID)
	row["kind"], row["name"] = text(string(room.Kind)), text(room.Name)
	row["shards"], row["owners"] = number(1), number(owners)
	row["created_at"] = number(s.now().UnixMilli())
	if room.Kind == rooms.KindPublic {
		row["listed"] = text(listed)
	}
	parts := []types.TransactWriteItem{{Put: &types.Put{
		TableName: &s.tables.Rooms, Item: row, ConditionExpression: aws.String("attribute_not_exists(#item)"),
		ExpressionAttributeNames:            map[string]string{"#item": "item"},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}}
	for _, m := range members {
		parts = append(parts, types.TransactWriteItem{Put: &types.Put{TableName: &s.tables.Members, Item: memberRow(m)}})
	}
	if room.Kind == rooms.KindDirect {
		a, b := members[0].User, members[1].User
		parts = append(parts, s.noBlock(a, b), s.noBlock(b, a))
	}
	old, err := s.transact(ctx, parts...)
	if err == nil && old["item"] != nil && strings.HasPrefix(reader{old}.text("item"), blockPrefix) {
		return false, rooms.ErrBlocked
	}
	return err == nil && old == nil, err
}

// listed is what public rooms have as the key of the index of them.
const listed = "public"
