package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/accounts"
	"serverlesschat/internal/chat"
)

// Invites lie under the hashes of their codes.

func inviteKey(invite accounts.Invite) item { return item{"item": text("invite#" + string(invite))} }

// PutInvite implements [accounts.Invites].
func (s *Store) PutInvite(ctx context.Context, invite accounts.Invite, until time.Time) error {
	row := inviteKey(invite)
	row["expires_at"] = number(until.Unix())
	_, err := s.put(ctx, s.tables.Accounts, row, "")
	return err
}

// InviteHolds implements [accounts.Invites].
func (s *Store) InviteHolds(ctx context.Context, invite accounts.Invite) (bool, error) {
	row, err := s.get(ctx, s.tables.Accounts, inviteKey(invite))
	r := reader{row}
	return row != nil && r.text("used_by") == "" && s.now().Before(r.seconds("expires_at")), err
}

// useInvite is the part of a transaction that fails where an invite does not hold.
func (s *Store) useInvite(invite accounts.Invite, user chat.UserID) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &s.tables.Accounts, Key: inviteKey(invite),
		UpdateExpression:                    aws.String("SET used_by = :user"),
		ConditionExpression:                 aws.String("expires_at > :now AND attribute_not_exists(used_by)"),
		ExpressionAttributeValues:           item{":user": text(string(user)), ":now": number(s.now().Unix())},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}
