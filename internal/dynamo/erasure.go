package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/privacy"
	"serverlesschat/internal/telemetry"
)

// The ledger of erasures: one row per user who was erased, for good.

func erasureKey(user chat.UserID) item { return item{"user_id": text(string(user))} }

func erasureOf(row item) privacy.Erasure {
	r := reader{row}
	e := privacy.Erasure{
		User: chat.UserID(r.text("user_id")), Pseudonym: chat.UserID(r.text("pseudonym")),
		AskedAt: r.millis("asked_at"), SavedAt: r.millis("saved_at"),
		Part: privacy.Part(r.text("part")), After: r.text("after"),
	}
	if row["not_before"] != nil {
		e.NotBefore = r.millis("not_before")
	}
	if row["done_at"] != nil {
		e.DoneAt = r.millis("done_at")
	}
	return e
}

func erasureRow(e privacy.Erasure) item {
	row := erasureKey(e.User)
	row["pseudonym"], row["asked_at"] = text(string(e.Pseudonym)), number(e.AskedAt.UnixMilli())
	row["part"], row["saved_at"] = text(string(e.Part)), number(e.SavedAt.UnixMilli())
	if e.After != "" {
		row["after"] = text(e.After)
	}
	if !e.NotBefore.IsZero() {
		row["not_before"] = number(e.NotBefore.UnixMilli())
	}
	if !e.DoneAt.IsZero() {
		row["done_at"] = number(e.DoneAt.UnixMilli())
	}
	return row
}

// BeginErasure implements [privacy.Ledger].
func (s *Store) BeginErasure(ctx context.Context, e privacy.Erasure) (privacy.Erasure, error) {
	old, err := s.put(ctx, s.tables.Erasures, erasureRow(e), "attribute_not_exists(user_id)")
	if err != nil || old == nil {
		return e, err
	}
	return erasureOf(old), nil
}

// FindErasure implements [privacy.Ledger].
func (s *Store) FindErasure(ctx context.Context, user chat.UserID) (*privacy.Erasure, error) {
	row, err := s.get(ctx, s.tables.Erasures, erasureKey(user))
	if err != nil || row == nil {
		return nil, err
	}
	e := erasureOf(row)
	return &e, nil
}

// TakeErasure implements [privacy.Ledger].
func (s *Store) TakeErasure(
	ctx context.Context, user chat.UserID, holder string, now, until time.Time,
) (*privacy.Erasure, error) {
	old, row, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Erasures, Key: erasureKey(user),
		UpdateExpression: aws.String("SET holder = :holder, held_until = :until"),
		ConditionExpression: aws.String("attribute_exists(user_id) AND " +
			"(attribute_not_exists(holder) OR holder = :holder OR held_until <= :now)"),
		ExpressionAttributeValues: item{
			":holder": text(holder), ":now": number(now.UnixMilli()), ":until": number(until.UnixMilli()),
		},
		ReturnValues: types.ReturnValueAllNew,
	})
	if err != nil || old != nil {
		return nil, err
	}
	e := erasureOf(row)
	return &e, nil
}

// SaveErasure implements [privacy.Ledger].
func (s *Store) SaveErasure(ctx context.Context, e privacy.Erasure, holder string, until time.Time) (bool, error) {
	row := erasureRow(e)
	if !until.IsZero() {
		row["holder"], row["held_until"] = text(holder), number(until.UnixMilli())
	}
	old, err := s.putIf(ctx, s.tables.Erasures, row, "holder = :holder", item{":holder": text(holder)})
	return err == nil && old == nil, err
}

// Erasures implements [privacy.Ledger]. It reads the whole table: it is for an operator.
func (s *Store) Erasures(ctx context.Context, after string, limit int) ([]privacy.Erasure, string, error) {
	in := &dynamodb.ScanInput{
		TableName: &s.tables.Erasures, ConsistentRead: aws.Bool(true), Limit: aws.Int32(int32(limit)),
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}
	if after != "" {
		in.ExclusiveStartKey = erasureKey(chat.UserID(after))
	}
	out, err := call(ctx, ordinary(), s.client.Scan, in)
	if err != nil {
		return nil, "", failure("scan erasures", err)
	}
	countUnits(ctx, telemetry.ReadUnits, out.ConsumedCapacity)
	page := make([]privacy.Erasure, len(out.Items))
	for i, row := range out.Items {
		page[i] = erasureOf(row)
	}
	return page, reader{out.LastEvaluatedKey}.text("user_id"), nil
}
