package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/auth"
	"serverlesschat/internal/chat"
)

// Families of refresh tokens. Each is a row of its own, which a refresh changes without a read, and a name in its
// user's account, by which all of a user's are found. The two are written in one transaction, with a look at the
// password: so a sign-in by an old password comes before its change, and is found by it, or does not come.

func familyKey(id auth.FamilyID) item { return item{"item": text("family#" + string(id))} }

func familyOf(id auth.FamilyID, row item) auth.Family {
	r := reader{row}
	f := auth.Family{
		ID: id, User: chat.UserID(r.text("user_id")), Generation: int(r.number("gen")),
		RotatedAt: r.millis("rotated_at"), Attempt: r.bytes("attempt"), EndsAt: r.millis("ends_at"),
	}
	if row["ended_at"] != nil {
		f.EndedAt = r.millis("ended_at")
	}
	return f
}

// OpenFamily implements [auth.FamilyStore].
func (s *Store) OpenFamily(ctx context.Context, f auth.Family, passwordVersion int64) (bool, error) {
	row := familyKey(f.ID)
	row["user_id"], row["gen"] = text(string(f.User)), number(f.Generation)
	row["rotated_at"], row["ends_at"] = number(f.RotatedAt.UnixMilli()), number(f.EndsAt.UnixMilli())
	row["expires_at"] = number(f.EndsAt.Add(day).Unix())
	old, err := s.transact(ctx,
		types.TransactWriteItem{Put: &types.Put{TableName: &s.tables.Accounts, Item: row}},
		types.TransactWriteItem{Update: &types.Update{
			TableName: &s.tables.Accounts, Key: accountKey(f.User),
			UpdateExpression:          aws.String("SET families.#id = :end"),
			ConditionExpression:       aws.String("v = :v AND attribute_exists(#hash)"),
			ExpressionAttributeNames:  map[string]string{"#id": string(f.ID), "#hash": "hash"},
			ExpressionAttributeValues: item{":end": number(f.EndsAt.UnixMilli()), ":v": number(passwordVersion)},
		}},
	)
	return err == nil && old == nil, err
}

// RotateFamily implements [auth.FamilyStore].
func (s *Store) RotateFamily(
	ctx context.Context, id auth.FamilyID, generation int, attempt []byte, now time.Time,
) (auth.Family, bool, error) {
	update, values := "SET gen = :next, rotated_at = :now REMOVE attempt", item{
		":gen": number(generation), ":next": number(generation + 1), ":now": number(now.UnixMilli()),
		":early": number(now.Add(-auth.RotateEvery).UnixMilli()),
	}
	if attempt != nil {
		update = "SET gen = :next, rotated_at = :now, attempt = :attempt"
		values[":attempt"] = &types.AttributeValueMemberB{Value: attempt}
	}
	old, row, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Accounts, Key: familyKey(id), UpdateExpression: &update,
		ConditionExpression: aws.String(
			"gen = :gen AND attribute_not_exists(ended_at) AND ends_at > :now AND rotated_at <= :early"),
		ExpressionAttributeValues: values, ReturnValues: types.ReturnValueAllNew,
	})
	if err != nil {
		return auth.Family{}, false, err
	}
	if old != nil {
		return familyOf(id, old), false, nil
	}
	return familyOf(id, row), true, nil
}

// EndFamily implements [auth.FamilyStore].
func (s *Store) EndFamily(ctx context.Context, id auth.FamilyID, now time.Time) (auth.Family, error) {
	_, row, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Accounts, Key: familyKey(id),
		UpdateExpression:          aws.String("SET ended_at = if_not_exists(ended_at, :now)"),
		ConditionExpression:       aws.String("attribute_exists(gen)"),
		ExpressionAttributeValues: item{":now": number(now.UnixMilli())}, ReturnValues: types.ReturnValueAllNew,
	})
	return familyOf(id, row), err
}

// FamiliesOf implements [auth.FamilyLists].
func (s *Store) FamiliesOf(ctx context.Context, user chat.UserID) (map[auth.FamilyID]time.Time, error) {
	row, err := s.get(ctx, s.tables.Accounts, accountKey(user))
	found := map[auth.FamilyID]time.Time{}
	for id, end := range timesIn(row["families"]) {
		found[auth.FamilyID(id)] = end
	}
	return found, err
}

// ForgetFamily implements [auth.FamilyLists].
func (s *Store) ForgetFamily(ctx context.Context, user chat.UserID, id auth.FamilyID) error {
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Accounts, Key: accountKey(user), UpdateExpression: aws.String("REMOVE families.#id"),
		ConditionExpression:      aws.String("attribute_exists(families)"),
		ExpressionAttributeNames: map[string]string{"#id": string(id)},
	})
	return err
}
