package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/presence"
)

// Who is online: one item per user. A user that was never there has none.

func presenceKey(user chat.UserID) item { return item{"user_id": text(string(user))} }

func presenceOf(user chat.UserID, row item) presence.State {
	r := reader{row}
	s := presence.State{
		User: user, Online: r.text("status") == string(presence.Online), Version: r.number("v"),
		ToldOnline: r.text("told") == string(presence.Online), ToldVersion: r.number("told_v"),
	}
	if r.number("told_at") != 0 {
		s.ToldAt = r.millis("told_at")
	}
	if gone, ok := row["gone"].(*types.AttributeValueMemberSS); ok {
		for _, id := range gone.Value {
			s.Gone = append(s.Gone, chat.ConnectionID(id))
		}
	}
	return s
}

func idSet(ids ...chat.ConnectionID) types.AttributeValue {
	set := &types.AttributeValueMemberSS{}
	for _, id := range ids {
		set.Value = append(set.Value, string(id))
	}
	return set
}

// Arrive implements [presence.Items].
func (s *Store) Arrive(ctx context.Context, user chat.UserID) (presence.State, error) {
	_, row, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Presence, Key: presenceKey(user),
		UpdateExpression:          aws.String("SET #status = :online ADD v :one"),
		ExpressionAttributeNames:  map[string]string{"#status": "status"}, // a reserved word
		ExpressionAttributeValues: item{":online": text(string(presence.Online)), ":one": number(1)},
		ReturnValues:              types.ReturnValueAllNew,
	})
	return presenceOf(user, row), err
}

// Depart implements [presence.Items].
func (s *Store) Depart(ctx context.Context, user chat.UserID, id chat.ConnectionID) error {
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Presence, Key: presenceKey(user),
		UpdateExpression: aws.String("ADD gone :id"), ExpressionAttributeValues: item{":id": idSet(id)},
	})
	return err
}

// State implements [presence.CheckedItems].
func (s *Store) State(ctx context.Context, user chat.UserID) (presence.State, error) {
	row, err := s.get(ctx, s.tables.Presence, presenceKey(user))
	return presenceOf(user, row), err
}

// Leave implements [presence.CheckedItems].
func (s *Store) Leave(ctx context.Context, seen presence.State) (presence.State, bool, error) {
	old, row, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Presence, Key: presenceKey(seen.User),
		UpdateExpression:         aws.String("SET #status = :offline ADD v :one REMOVE gone"),
		ConditionExpression:      aws.String("v = :v"),
		ExpressionAttributeNames: map[string]string{"#status": "status"},
		ExpressionAttributeValues: item{
			":offline": text(string(presence.Offline)), ":one": number(1), ":v": number(seen.Version),
		},
		ReturnValues: types.ReturnValueAllNew,
	})
	return presenceOf(seen.User, row), err == nil && old == nil, err
}

// Forget implements [presence.CheckedItems].
func (s *Store) Forget(ctx context.Context, user chat.UserID, gone []chat.ConnectionID) error {
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Presence, Key: presenceKey(user),
		UpdateExpression: aws.String("DELETE gone :ids"), ExpressionAttributeValues: item{":ids": idSet(gone...)},
	})
	return err
}

// Told implements [presence.CheckedItems].
func (s *Store) Told(ctx context.Context, seen presence.State, at time.Time) (bool, error) {
	old, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Presence, Key: presenceKey(seen.User),
		UpdateExpression:    aws.String("SET told = :status, told_v = :v, told_at = :at"),
		ConditionExpression: aws.String("v = :v AND (attribute_not_exists(told) OR told <> :status)"),
		ExpressionAttributeValues: item{
			":status": text(string(seen.Status())), ":v": number(seen.Version), ":at": number(at.UnixMilli()),
		},
	})
	return err == nil && old == nil, err
}

// States implements [presence.Lists].
func (s *Store) States(ctx context.Context, users []chat.UserID) ([]presence.State, error) {
	found := map[chat.UserID]item{}
	if len(users) > 0 {
		rows, err := s.batchGet(ctx, map[string][]item{s.tables.Presence: keysOf(users, presenceKey)})
		if err != nil {
			return nil, err
		}
		for _, row := range rows[s.tables.Presence] {
			found[chat.UserID(reader{row}.text("user_id"))] = row
		}
	}
	states := make([]presence.State, len(users))
	for i, user := range users {
		states[i] = presenceOf(user, found[user])
	}
	return states, nil
}

func keysOf(users []chat.UserID, key func(chat.UserID) item) []item {
	keys := make([]item, len(users))
	for i, user := range users {
		keys[i] = key(user)
	}
	return keys
}

// OpenOf implements [presence.Connections].
func (s *Store) OpenOf(ctx context.Context, user chat.UserID) (map[chat.ConnectionID]time.Time, error) {
	row, err := s.get(ctx, s.tables.Sessions, sessionKey(user))
	if err != nil {
		return nil, err
	}
	open := map[chat.ConnectionID]time.Time{}
	for _, c := range s.openIn(row) {
		open[c.ID] = c.ConnectedAt
	}
	return open, nil
}

// MemberNames implements [presence.RoomLists].
func (s *Store) MemberNames(ctx context.Context, room chat.RoomID, limit int) ([]chat.UserID, error) {
	rows, _, err := s.pages(ctx, s.membersIn(room, limit), limit)
	if err != nil {
		return nil, err
	}
	names := make([]chat.UserID, len(rows))
	for i, row := range rows {
		names[i] = chat.UserID(reader{row}.text("user_id"))
	}
	return names, nil
}

// ConnectionsOfMany implements [presence.RoomLists]. It leaves out those whose token has ended.
func (s *Store) ConnectionsOfMany(ctx context.Context, users []chat.UserID) ([]chat.ConnectionID, error) {
	rows, err := s.batchGet(ctx, map[string][]item{s.tables.Sessions: keysOf(users, sessionKey)})
	if err != nil {
		return nil, err
	}
	var ids []chat.ConnectionID
	for _, row := range rows[s.tables.Sessions] {
		ids = append(ids, chat.Live(s.openIn(row), s.now())...)
	}
	return ids, nil
}
