package dynamo

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/telemetry"
)

// publicRooms is the index of public rooms by their names.
const publicRooms = "Public"

// pages reads what a query with a filter finds, until there are limit rows. It returns the key at which it stopped; nil
// when there is nothing more.
func (s *Store) pages(ctx context.Context, in *dynamodb.QueryInput, limit int) (rows []item, last item, err error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	for {
		in.Limit = aws.Int32(int32(limit - len(rows)))
		out, err := call(ctx, ordinary(), s.client.Query, in)
		if err != nil {
			return nil, nil, failure("query", err)
		}
		countUnits(ctx, telemetry.ReadUnits, out.ConsumedCapacity)
		rows = append(rows, out.Items...)
		if out.LastEvaluatedKey == nil || len(rows) >= limit {
			return rows, out.LastEvaluatedKey, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// RoomsOf implements [rooms.Lists].
func (s *Store) RoomsOf(
	ctx context.Context, user chat.UserID, after chat.RoomID, limit int,
) ([]rooms.Membered, chat.RoomID, error) {
	in := &dynamodb.QueryInput{
		TableName: &s.tables.Members, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("user_id = :user"),
		FilterExpression:          aws.String("#state = :in"),
		ExpressionAttributeNames:  map[string]string{"#state": "state"},
		ExpressionAttributeValues: item{":user": text(string(user)), ":in": text(string(rooms.StateIn))},
	}
	if after != "" {
		in.ExclusiveStartKey = memberKey(user, after)
	}
	rows, last, err := s.pages(ctx, in, limit)
	if err != nil || len(rows) == 0 {
		return nil, "", err
	}
	keys := make([]item, len(rows))
	for i, row := range rows {
		keys[i] = roomKey(chat.RoomID(reader{row}.text("room_id")))
	}
	found, err := s.roomsAt(ctx, keys)
	if err != nil {
		return nil, "", err
	}
	var page []rooms.Membered
	for _, row := range rows {
		m := memberOf(row)
		if room, ok := found[m.Room]; ok {
			page = append(page, rooms.Membered{Room: room, Member: m})
		}
	}
	return page, chat.RoomID(reader{last}.text("room_id")), nil
}

// roomsAt returns the rooms at the keys, 100 at most, without those that are deleted.
func (s *Store) roomsAt(ctx context.Context, keys []item) (map[chat.RoomID]rooms.Room, error) {
	rows, err := s.batchGet(ctx, map[string][]item{s.tables.Rooms: keys})
	if err != nil {
		return nil, err
	}
	found := map[chat.RoomID]rooms.Room{}
	for _, row := range rows[s.tables.Rooms] {
		id := chat.RoomID(strings.TrimPrefix(reader{row}.text("item"), roomPrefix))
		if room := roomOf(id, row); room != nil {
			found[id] = *room
		}
	}
	return found, nil
}

// PublicRooms implements [rooms.Lists].
func (s *Store) PublicRooms(ctx context.Context, after chat.RoomID, limit int) ([]rooms.Room, chat.RoomID, error) {
	in := &dynamodb.QueryInput{
		TableName: &s.tables.Rooms, IndexName: aws.String(publicRooms),
		KeyConditionExpression: aws.String("listed = :listed"), ExpressionAttributeValues: item{":listed": text(listed)},
	}
	if after != "" {
		in.ExclusiveStartKey = roomKey(after)
		in.ExclusiveStartKey["listed"] = text(listed)
	}
	rows, last, err := s.pages(ctx, in, limit)
	if err != nil || len(rows) == 0 {
		return nil, "", err
	}
	keys := make([]item, len(rows))
	for i, row := range rows {
		keys[i] = item{"item": row["item"]}
	}
	found, err := s.roomsAt(ctx, keys)
	if err != nil {
		return nil, "", err
	}
	var page []rooms.Room
	for _, key := range keys {
		id := chat.RoomID(strings.TrimPrefix(reader{key}.text("item"), roomPrefix))
		if room, ok := found[id]; ok {
			page = append(page, room)
		}
	}
	return page, chat.RoomID(strings.TrimPrefix(reader{last}.text("item"), roomPrefix)), nil
}

// MembersOf implements [rooms.Lists]. The index finds them, a moment late; their rows are read consistently.
func (s *Store) MembersOf(
	ctx context.Context, room chat.RoomID, after chat.UserID, limit int,
) ([]rooms.Member, chat.UserID, error) {
	in := s.membersIn(room, limit)
	if after != "" {
		in.ExclusiveStartKey = memberKey(after, room)
	}
	rows, last, err := s.pages(ctx, in, limit)
	if err != nil || len(rows) == 0 {
		return nil, "", err
	}
	keys := make([]item, len(rows))
	for i, row := range rows {
		keys[i] = item{"user_id": row["user_id"], "room_id": row["room_id"]}
	}
	got, err := s.batchGet(ctx, map[string][]item{s.tables.Members: keys})
	if err != nil {
		return nil, "", err
	}
	isIn := map[chat.UserID]rooms.Member{}
	for _, row := range got[s.tables.Members] {
		if m := memberOf(row); m.State == rooms.StateIn {
			isIn[m.User] = m
		}
	}
	var page []rooms.Member
	for _, key := range keys {
		if m, ok := isIn[chat.UserID(reader{key}.text("user_id"))]; ok {
			page = append(page, m)
		}
	}
	return page, chat.UserID(reader{last}.text("user_id")), nil
}

// ChangeRoom implements [rooms.Settings].
func (s *Store) ChangeRoom(ctx context.Context, p rooms.PatchRoom) (bool, error) {
	var set []string
	names, values := map[string]string{}, item{}
	if p.Name != nil {
		set, names["#name"], values[":name"] = append(set, "#name = :name"), "name", text(*p.Name)
	}
	if p.SlowMode != nil {
		set, values[":slow"] = append(set, "slow_mode_s = :slow"), number(int(p.SlowMode.Seconds()))
	}
	if p.Retention != nil {
		set, values[":days"] = append(set, "retention_days = :days"), number(int(*p.Retention/day))
	}
	in := &dynamodb.UpdateItemInput{
		TableName: &s.tables.Rooms, Key: roomKey(p.Room),
		UpdateExpression:          aws.String("SET " + strings.Join(set, ", ")),
		ConditionExpression:       aws.String("attribute_exists(shards) AND attribute_not_exists(deleted_at)"),
		ExpressionAttributeValues: values,
	}
	if len(names) > 0 {
		in.ExpressionAttributeNames = names
	}
	old, _, err := s.update(ctx, in)
	return err == nil && old == nil, err
}

// ListenersOf implements [rooms.Settings]. It leaves out those whose token may have ended.
func (s *Store) ListenersOf(ctx context.Context, room chat.RoomID, limit int) ([]chat.ConnectionID, error) {
	page, err := s.Subscribers(ctx, room, nil, limit+1)
	if err != nil || len(page.Subscriptions) > limit {
		return nil, err
	}
	var ids []chat.ConnectionID
	for _, sub := range page.Subscriptions {
		if sub.LookAt.IsZero() || s.now().Before(sub.LookAt) {
			ids = append(ids, sub.Connection)
		}
	}
	return ids, nil
}

// Resize implements [rooms.Sizes].
func (s *Store) Resize(ctx context.Context, room chat.RoomID, from, to rooms.Size) (bool, error) {
	in := &dynamodb.UpdateItemInput{
		TableName: &s.tables.Rooms, Key: roomKey(room), UpdateExpression: aws.String("SET #size = :to"),
		ConditionExpression:       aws.String("attribute_exists(shards) AND #size = :from"),
		ExpressionAttributeNames:  map[string]string{"#size": "size"}, // a reserved word
		ExpressionAttributeValues: item{":from": number(from), ":to": number(to)},
	}
	if from == rooms.SizeSmall {
		in.ConditionExpression = aws.String("attribute_exists(shards) AND (attribute_not_exists(#size) OR #size = :from)")
	}
	old, _, err := s.update(ctx, in)
	return err == nil && old == nil, err
}
