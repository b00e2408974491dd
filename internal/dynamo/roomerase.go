package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

const (
	// erasePage is how many items one step of erasing removes.
	erasePage = 100
	// eraseAtOnce is how many it removes side by side.
	eraseAtOnce = 16
)

// DeleteRoom implements [rooms.Erasable].
func (s *Store) DeleteRoom(ctx context.Context, room chat.RoomID) (bool, error) {
	old, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Rooms, Key: roomKey(room),
		UpdateExpression:          aws.String("SET deleted_at = if_not_exists(deleted_at, :now) REMOVE listed, #name"),
		ConditionExpression:       aws.String("attribute_exists(shards)"),
		ExpressionAttributeNames:  map[string]string{"#name": "name"},
		ExpressionAttributeValues: item{":now": number(s.now().UnixMilli())},
	})
	return err == nil && old == nil, err
}

// Dismissed implements [rooms.Erasable].
func (s *Store) Dismissed(ctx context.Context, m rooms.Member) error {
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Members, Key: memberKey(m.User, m.Room),
		UpdateExpression:          aws.String("SET #state = :out, v = :next REMOVE pend, marked"),
		ConditionExpression:       aws.String("v = :v"),
		ExpressionAttributeNames:  map[string]string{"#state": "state"},
		ExpressionAttributeValues: item{":out": text(string(rooms.StateOut)), ":v": number(m.Version), ":next": number(m.Version + 1)},
	})
	return err
}

// EraseEntries implements [rooms.Erasable]. The claim goes first: it is found by its entry.
func (s *Store) EraseEntries(ctx context.Context, room chat.RoomID) (bool, error) {
	rows, err := s.query(ctx, &dynamodb.QueryInput{
		TableName: &s.tables.Entries, KeyConditionExpression: aws.String("room_id = :room"),
		ProjectionExpression:      aws.String("room_id, id, kind, user_id, subject, client_message_id"),
		ExpressionAttributeValues: item{":room": text(string(room))},
	}, erasePage)
	if err != nil {
		return false, err
	}
	err = chat.ForEach(ctx, rows, eraseAtOnce, func(ctx context.Context, row item) error {
		e := entryOf(row)
		if !e.IsVoid() {
			claim := chat.NewEntry{Room: e.Room, Kind: e.Kind, User: e.User, Subject: e.Subject, ClientMessageID: e.ClientMessageID}
			if err := s.delete(ctx, s.tables.Users, claimKey(claim)); err != nil {
				return err
			}
		}
		return s.delete(ctx, s.tables.Entries, item{"room_id": row["room_id"], "id": row["id"]})
	})
	return len(rows) < erasePage, err
}

// EraseRows implements [rooms.Erasable].
func (s *Store) EraseRows(ctx context.Context, room chat.RoomID) (bool, error) {
	in := &dynamodb.QueryInput{
		TableName: &s.tables.Members, IndexName: aws.String(membersByRoom),
		KeyConditionExpression:    aws.String("room_id = :room"),
		ExpressionAttributeValues: item{":room": text(string(room))},
	}
	rows, _, err := s.pages(ctx, in, erasePage)
	if err != nil {
		return false, err
	}
	err = chat.ForEach(ctx, rows, eraseAtOnce, func(ctx context.Context, row item) error {
		return s.delete(ctx, s.tables.Members, item{"user_id": row["user_id"], "room_id": row["room_id"]})
	})
	if err != nil || len(rows) == erasePage {
		return false, err
	}
	if done, err := s.eraseDeeds(ctx, room); err != nil || !done {
		return false, err
	}
	return true, s.delete(ctx, s.tables.Rooms, headKey(room))
}

// eraseDeeds removes deeds of a room. Nobody may read them any more, and without its members nobody would find them.
func (s *Store) eraseDeeds(ctx context.Context, room chat.RoomID) (bool, error) {
	rows, err := s.query(ctx, &dynamodb.QueryInput{
		TableName: &s.tables.Audit, KeyConditionExpression: aws.String("room_id = :room"),
		ProjectionExpression: aws.String("room_id, deed"), ExpressionAttributeValues: item{":room": text(string(room))},
	}, erasePage)
	if err != nil {
		return false, err
	}
	err = chat.ForEach(ctx, rows, eraseAtOnce, func(ctx context.Context, row item) error {
		return s.delete(ctx, s.tables.Audit, item{"room_id": row["room_id"], "deed": row["deed"]})
	})
	return len(rows) < erasePage, err
}
