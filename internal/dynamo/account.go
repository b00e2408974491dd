package dynamo

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/accounts"
	"serverlesschat/internal/auth"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/privacy"
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

// ForgetAccount implements [privacy.Accounts]. The families go first: a run that is cut off finds those that are left.
func (s *Store) ForgetAccount(ctx context.Context, user chat.UserID) error {
	if err := s.delete(ctx, s.tables.Users, profileKey(user)); err != nil || s.tables.Accounts == "" {
		return err
	}
	row, err := s.get(ctx, s.tables.Accounts, accountKey(user))
	if err != nil || row == nil {
		return err
	}
	if families, ok := row["families"].(*mapValue); ok {
		err := chat.ForEach(ctx, slices.Collect(maps.Keys(families.Value)), dropsAtOnce, func(ctx context.Context, id string) error {
			return s.delete(ctx, s.tables.Accounts, familyKey(auth.FamilyID(id)))
		})
		if err != nil {
			return err
		}
	}
	_, err = s.put(ctx, s.tables.Accounts, accountKey(user), "")
	return err
}

// exportAccount returns the account of a user, without what could be used to sign in.
func (s *Store) exportAccount(ctx context.Context, user chat.UserID) ([]privacy.Record, string, error) {
	if s.tables.Accounts == "" {
		return nil, "", nil
	}
	row, err := s.get(ctx, s.tables.Accounts, accountKey(user))
	if err != nil || row == nil {
		return nil, "", err
	}
	delete(row, "hash")
	if families, ok := row["families"].(*mapValue); ok {
		row["families"] = &types.AttributeValueMemberL{Value: slices.Collect(maps.Values(families.Value))}
	}
	return records(privacy.KindAccount, []item{row}, "item"), "", nil
}
