package dynamo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/telemetry"
)

// How long keys that were left out are waited for, before they are asked for again: at first, and at most.
const (
	firstUnprocessedWait = 25 * time.Millisecond
	maxUnprocessedWait   = 400 * time.Millisecond
)

// batchGet reads items of several tables, each consistently: the rows of each table, by its name, in any order. It leaves
// out those that are not there. Keys that DynamoDB leaves unprocessed, since their partition is at its limit, are asked for
// again while the budget lasts, with waits that grow (DynamoDB API reference, "BatchGetItem"). The waits are not spread at
// random: the keys are one user's, and so nobody else waits for them. There are 100 keys at most.
func (s *Store) batchGet(ctx context.Context, keys map[string][]item) (map[string][]item, error) {
	limited, cancel := context.WithTimeout(ctx, ordinary().total)
	defer cancel()
	asked := map[string]types.KeysAndAttributes{}
	for table, of := range keys {
		asked[table] = types.KeysAndAttributes{Keys: of, ConsistentRead: aws.Bool(true)}
	}
	rows := map[string][]item{}
	for wait := firstUnprocessedWait; ; wait = min(2*wait, maxUnprocessedWait) {
		out, err := call(limited, ordinary(), s.client.BatchGetItem, &dynamodb.BatchGetItemInput{
			RequestItems: asked, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		})
		if err != nil {
			return nil, failure("batch get", err)
		}
		for i := range out.ConsumedCapacity {
			countUnits(ctx, telemetry.ReadUnits, &out.ConsumedCapacity[i])
		}
		for table, found := range out.Responses {
			rows[table] = append(rows[table], found...)
		}
		if asked = out.UnprocessedKeys; len(asked) == 0 {
			return rows, nil
		}
		if err := cmp.Or(chat.Sleep(limited, wait), limited.Err()); err != nil {
			return nil, unprocessed(ctx, err)
		}
	}
}

// unprocessed returns the error of keys that were unprocessed until the time was over; err says why it was.
func unprocessed(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		telemetry.From(ctx).Add(telemetry.StoreTimeouts, 1)
	}
	return &chat.Error{
		Code: chat.CodeUnavailable, Message: "the store is too busy; try again",
		Err: fmt.Errorf("batch get: unprocessed keys to the end: %w", err),
	}
}
