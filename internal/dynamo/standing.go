package dynamo

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/telemetry"
)

// Standing implements [messages.Prechecks]: both rows lie under the user.
func (s *Store) Precheck(ctx context.Context, d chat.NewEntry) (member bool, claim *roomlog.Claim, err error) {
	rows, err := s.batchGet(ctx, s.tables.Users, memberKey(d.User, d.Room), claimKey(d))
	if err != nil {
		return false, nil, err
	}
	for _, row := range rows {
		if strings.HasPrefix(reader{row}.text("item"), claimPrefix) {
			claim = claimOf(row)
		} else {
			member = true
		}
	}
	return member, claim, nil
}

// batchGet reads items of one table, each consistently; those that are not there are left out.
func (s *Store) batchGet(ctx context.Context, table string, keys ...item) ([]item, error) {
	out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
		RequestItems:           map[string]types.KeysAndAttributes{table: {Keys: keys, ConsistentRead: aws.Bool(true)}},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	if err != nil {
		return nil, failure("batch get", err)
	}
	for i := range out.ConsumedCapacity {
		spent(ctx, telemetry.ReadUnits, &out.ConsumedCapacity[i])
	}
	if len(out.UnprocessedKeys) > 0 { // the partition is at its limit
		return nil, &chat.Error{
			Code: chat.CodeUnavailable, Message: "the store is too busy; try again", Err: errors.New("batch get: unprocessed keys"),
		}
	}
	return out.Responses[table], nil
}
