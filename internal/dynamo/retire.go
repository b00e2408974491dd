package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

// Retire implements [rooms.Retirements].
func (s *Store) Retire(ctx context.Context, m rooms.Member, lastOwner bool) (bool, error) {
	retired := types.Update{
		TableName: &s.tables.Members, Key: memberKey(m.User, m.Room),
		UpdateExpression: aws.String("SET #state = :erased, v = :next " +
			"REMOVE #role, pend, marked, muted_until, joined_at, slow_at, read_id, delivered_id"),
		ConditionExpression:                 aws.String("v = :v AND attribute_not_exists(pend)"),
		ExpressionAttributeNames:            map[string]string{"#state": "state", "#role": "role"},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		ExpressionAttributeValues: item{
			":erased": text(string(rooms.StateErased)), ":v": number(m.Version), ":next": number(m.Version + 1),
		},
	}
	parts := []types.TransactWriteItem{{Update: &retired}}
	if isOwner(m) == 1 {
		owners := s.ownersUpdate(m.Room, -1)
		if lastOwner {
			owners.Update.ConditionExpression = aws.String("attribute_exists(owners)")
			delete(owners.Update.ExpressionAttributeValues, ":one")
		}
		parts = append(parts, owners)
	}
	old, err := s.transact(ctx, parts...)
	if err == nil && (reader{old}).text("kind") != "" { // the room's row it is that refused
		return false, rooms.ErrLastOwner
	}
	return err == nil && old == nil, err
}

// IsErased implements [rooms.Retirements].
func (s *Store) IsErased(ctx context.Context, user chat.UserID) (bool, error) {
	row, err := s.get(ctx, s.tables.Sessions, sessionKey(user))
	return isGone(row), err
}

// isGone reports whether a session item is that of a user who was erased, or is being erased.
func isGone(row item) bool { return row["gone"] != nil }
