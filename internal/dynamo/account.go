package dynamo

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/accounts"
	"serverlesschat/internal/chat"
)

// Accounts. The row of one stays when the user is erased, without a hash, so its name is not given again.

const accountPrefix = "account#"

func accountKey(user chat.UserID) item { return item{"item": text(accountPrefix + string(user))} }

// Account implements [accounts.Store].
func (s *Store) Account(ctx context.Context, user chat.UserID) (*accounts.Account, error) {
	row, err := s.get(ctx, s.tables.Accounts, accountKey(user))
	if err != nil || row == nil {
		return nil, err
	}
	r := reader{row}
	return &accounts.Account{User: user, Hash: r.text("hash"), PasswordVersion: r.number("v")}, nil
}

// CreateAccount implements [accounts.Store].
func (s *Store) CreateAccount(ctx context.Context, a accounts.Account, displayName string, invite accounts.Invite) error {
	row := accountKey(a.User)
	row["hash"], row["v"] = text(a.Hash), number(a.PasswordVersion)
	row["families"] = &types.AttributeValueMemberM{Value: item{}}
	row["created_at"] = number(s.now().UnixMilli())
	profile := profileKey(a.User)
	profile["display_name"] = text(displayName)
	parts := []types.TransactWriteItem{
		{Put: &types.Put{
			TableName: &s.tables.Accounts, Item: row, ConditionExpression: aws.String("attribute_not_exists(#item)"),
			ExpressionAttributeNames:            map[string]string{"#item": "item"},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}},
		{Put: &types.Put{TableName: &s.tables.Users, Item: profile}},
	}
	if invite != "" {
		parts = append(parts, s.useInvite(invite, a.User))
	}
	old, err := s.transact(ctx, parts...)
	switch {
	case err != nil || old == nil:
		return err
	case strings.HasPrefix(reader{old}.text("item"), accountPrefix):
		return accounts.ErrTaken
	}
	return accounts.ErrInvite
}

// ChangeHash implements [accounts.Store].
func (s *Store) ChangeHash(ctx context.Context, from, to accounts.Account) (bool, error) {
	old, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Accounts, Key: accountKey(from.User),
		UpdateExpression:         aws.String("SET #hash = :hash, v = :to"),
		ConditionExpression:      aws.String("v = :from AND attribute_exists(#hash)"),
		ExpressionAttributeNames: map[string]string{"#hash": "hash"},
		ExpressionAttributeValues: item{
			":hash": text(to.Hash), ":from": number(from.PasswordVersion), ":to": number(to.PasswordVersion),
		},
	})
	return err == nil && old == nil, err
}
