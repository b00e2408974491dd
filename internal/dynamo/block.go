package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
)

// A block is a row under who blocks, and a name in the direct room of the two, if there is one: so a message costs no
// other read. The row is put first. A room that is opened meanwhile is opened by a transaction that looks for the row.

const (
	blockPrefix   = "block#"
	blockedPrefix = "blocked#"
)

func blockKey(user, other chat.UserID) item {
	return item{"user_id": text(string(user)), "item": text(blockPrefix + string(other))}
}

// blockedKey is that of the row by which a block is found from the user who is blocked: whoever erases one of the two
// erases the block. It is there as long as the other row is, and longer where a call was cut off.
func blockedKey(user, by chat.UserID) item {
	return item{"user_id": text(string(user)), "item": text(blockedPrefix + string(by))}
}

// noBlock is the part of a transaction that fails where the user blocks the other.
func (s *Store) noBlock(user, other chat.UserID) types.TransactWriteItem {
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &s.tables.Users, Key: blockKey(user, other),
		ConditionExpression:                 aws.String("attribute_not_exists(user_id)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

// Block implements [rooms.Blocks].
func (s *Store) Block(ctx context.Context, user, other chat.UserID, direct chat.RoomID) error {
	for _, key := range []item{blockedKey(other, user), blockKey(user, other)} {
		if _, err := s.put(ctx, s.tables.Users, key, ""); err != nil {
			return err
		}
	}
	return s.markBlocked(ctx, direct, "ADD blocked :user", user)
}

// Unblock implements [rooms.Blocks].
func (s *Store) Unblock(ctx context.Context, user, other chat.UserID, direct chat.RoomID) error {
	if err := s.markBlocked(ctx, direct, "DELETE blocked :user", user); err != nil {
		return err
	}
	if err := s.delete(ctx, s.tables.Users, blockKey(user, other)); err != nil {
		return err
	}
	return s.delete(ctx, s.tables.Users, blockedKey(other, user))
}

// markBlocked changes who blocks in a direct room, if there is one.
func (s *Store) markBlocked(ctx context.Context, direct chat.RoomID, update string, user chat.UserID) error {
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Rooms, Key: roomKey(direct), UpdateExpression: &update,
		ConditionExpression:       aws.String("attribute_exists(shards)"),
		ExpressionAttributeValues: item{":user": &types.AttributeValueMemberSS{Value: []string{string(user)}}},
	})
	return err
}

// KnowsUser implements [rooms.Users].
func (s *Store) KnowsUser(ctx context.Context, user chat.UserID) (bool, error) {
	row, err := s.get(ctx, s.tables.Sessions, sessionKey(user))
	if err != nil || row != nil {
		return err == nil && !isGone(row), err
	}
	rows, err := s.query(ctx, &dynamodb.QueryInput{
		TableName: &s.tables.Members, KeyConditionExpression: aws.String("user_id = :user"),
		ExpressionAttributeValues: item{":user": text(string(user))},
	}, 1)
	return len(rows) > 0, err
}
