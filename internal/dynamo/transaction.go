package dynamo

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/telemetry"
)

// transact writes items in one transaction: all of them or none. When the condition of a part does not hold, it returns
// the item that is there, which may have no attributes. It returns nil when all was written. A repeat by the SDK is safe:
// the SDK puts a token into each request, by which DynamoDB knows it again for 10 minutes (API Reference,
// "TransactWriteItems").
func (s *Store) transact(ctx context.Context, parts ...types.TransactWriteItem) (item, error) {
	out, err := call(ctx, transacting(), s.client.TransactWriteItems, &dynamodb.TransactWriteItemsInput{
		TransactItems: parts, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	if err == nil {
		for i := range out.ConsumedCapacity {
			countUnits(ctx, telemetry.WriteUnits, &out.ConsumedCapacity[i])
		}
		return nil, nil
	}
	if failed, ok := reasonOf(err, conditionFailedReason); ok {
		// What was prepared is paid for, and DynamoDB does not report it.
		telemetry.From(ctx).Add(telemetry.WriteUnits, float64(len(parts)))
		if failed.Item == nil {
			return item{}, nil
		}
		return failed.Item, nil
	}
	return nil, failure("write transaction", err)
}

// Why a transaction was cancelled: the codes of its parts (API Reference, "TransactWriteItems").
const (
	conditionFailedReason = "ConditionalCheckFailed"
	conflictReason        = "TransactionConflict"
)

// reasonOf returns the first of the reasons why a transaction was cancelled that has one of the codes.
func reasonOf(err error, codes ...string) (types.CancellationReason, bool) {
	cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok {
		return types.CancellationReason{}, false
	}
	for _, reason := range cancelled.CancellationReasons {
		if slices.Contains(codes, aws.ToString(reason.Code)) {
			return reason, true
		}
	}
	return types.CancellationReason{}, false
}

const (
	conflictTries     = 5
	firstConflictWait = 10 * time.Millisecond
)

// withoutConflict makes a call again while a transaction of others holds one of its items, which takes milliseconds.
// The SDK does not.
func withoutConflict(ctx context.Context, call func() error) error {
	wait := firstConflictWait
	for try := 1; ; try++ {
		err := call()
		if try == conflictTries || !isConflict(err) {
			return err
		}
		if err := chat.Sleep(ctx, wait); err != nil {
			return err
		}
		wait *= 2
	}
}

// isConflict reports whether a call was refused for a transaction of others alone. One whose condition does not hold has
// its answer already.
func isConflict(err error) bool {
	if _, ok := errors.AsType[*types.TransactionConflictException](err); ok {
		return true
	}
	if _, ok := reasonOf(err, conditionFailedReason); ok {
		return false
	}
	_, ok := reasonOf(err, conflictReason)
	return ok
}
