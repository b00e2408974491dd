package dynamo

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

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
	return &accounts.Account{
		User: user, Hash: r.text("hash"), PasswordVersion: r.number("v"), Networks: timesIn(row["networks"]),
	}, nil
}

// timesIn returns the times that are in a map.
func timesIn(value types.AttributeValue) map[string]time.Time {
	found := map[string]time.Time{}
	if m, ok := value.(*types.AttributeValueMemberM); ok {
		for name := range m.Value {
			found[name] = reader{m.Value}.millis(name)
		}
	}
	return found
}

// CreateAccount implements [accounts.Store].
func (s *Store) CreateAccount(
	ctx context.Context, a accounts.Account, displayName string, invite accounts.Invite,
) error {
	row := accountKey(a.User)
	row["hash"], row["v"] = text(a.Hash), number(a.PasswordVersion)
	for _, name := range []string{"families", "networks"} {
		row[name] = &types.AttributeValueMemberM{Value: item{}}
	}
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

// RememberNetwork implements [accounts.Store].
func (s *Store) RememberNetwork(
	ctx context.Context, user chat.UserID, network string, until time.Time, forget []string,
) error {
	update, names := "SET networks.#n = :until", map[string]string{"#n": network}
	before := " REMOVE "
	for i, other := range forget {
		name := "#" + strconv.Itoa(i)
		names[name] = other
		update += before + "networks." + name
		before = ", "
	}
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Accounts, Key: accountKey(user), UpdateExpression: &update,
		ConditionExpression: aws.String("attribute_exists(networks)"), ExpressionAttributeNames: names,
		ExpressionAttributeValues: item{":until": number(until.UnixMilli())},
	})
	return err
}

// ForgetAccount implements [privacy.Accounts].
func (s *Store) ForgetAccount(ctx context.Context, user chat.UserID) error {
	if err := s.delete(ctx, s.tables.Users, profileKey(user)); err != nil || s.tables.Accounts == "" {
		return err
	}
	// Without its hash no sign-in is added to the account.
	old, row, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Accounts, Key: accountKey(user),
		UpdateExpression:         aws.String("REMOVE #hash, networks, created_at"),
		ConditionExpression:      aws.String("attribute_exists(v)"),
		ExpressionAttributeNames: map[string]string{"#hash": "hash"}, ReturnValues: types.ReturnValueAllNew,
	})
	if err != nil || old != nil {
		return err
	}
	for id := range timesIn(row["families"]) {
		if err := s.delete(ctx, s.tables.Accounts, familyKey(auth.FamilyID(id))); err != nil {
			return err
		}
		if err := s.ForgetFamily(ctx, user, auth.FamilyID(id)); err != nil {
			return err
		}
	}
	return nil
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
