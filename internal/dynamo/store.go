package dynamo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"serverlesschat/internal/accounts"
	"serverlesschat/internal/auth"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/presence"
	"serverlesschat/internal/privacy"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/telemetry"
)

// Tables are the names of the tables. A function that does not use a table leaves its name empty.
type Tables struct {
	Entries, Rooms, Members, Users, Connections, Subscriptions, Sessions, Presence, Audit, Accounts, Keys,
	Erasures string
}

// Store is the chat's data. It is safe for concurrent use.
type Store struct {
	client *dynamodb.Client
	tables Tables
	now    func() time.Time
	pings  pings
}

// New makes a Store.
func New(client *dynamodb.Client, tables Tables, now func() time.Time) *Store {
	return &Store{client: client, tables: tables, now: now}
}

var (
	_ messages.Prechecks    = (*Store)(nil)
	_ messages.Polls        = (*Store)(nil)
	_ roomlog.Log           = (*Store)(nil)
	_ roomlog.Claims        = (*Store)(nil)
	_ roomlog.Targets       = (*Store)(nil)
	_ roomlog.Heads         = (*Store)(nil)
	_ rooms.ChangerStore    = (*Store)(nil)
	_ messages.Pacer        = (*Store)(nil)
	_ roomlog.Firsts        = (*Store)(nil)
	_ receipts.Cursors      = (*Store)(nil)
	_ connections.Store     = (*Store)(nil)
	_ connections.Sessions  = (*Store)(nil)
	_ connections.Rows      = (*Store)(nil)
	_ connections.Tickets   = (*Store)(nil)
	_ connections.Ends      = (*Store)(nil)
	_ connections.Lookouts  = (*Store)(nil)
	_ rooms.Subscriptions   = (*Store)(nil)
	_ fanout.Subscriptions  = (*Store)(nil)
	_ presence.Items        = (*Store)(nil)
	_ presence.CheckedItems = (*Store)(nil)
	_ presence.Connections  = (*Store)(nil)
	_ presence.RoomLists    = (*Store)(nil)
	_ presence.Lists        = (*Store)(nil)
	_ fanout.Leases         = (*Store)(nil)
	_ fanout.Marks          = (*Store)(nil)
	_ accounts.Store        = (*Store)(nil)
	_ accounts.Invites      = (*Store)(nil)
	_ accounts.Limits       = (*Store)(nil)
	_ accounts.Profiles     = (*Store)(nil)
	_ auth.FamiliesStore    = (*Store)(nil)
	_ auth.KeyStore         = (*Store)(nil)
	_ privacy.EraserStore   = (*Store)(nil)
	_ privacy.Exports       = (*Store)(nil)
	_ privacy.Accounts      = (*Store)(nil)
)

// item is a row, or a key, as DynamoDB takes it.
type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number[N ~int | ~int64](n N) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(n), 10)}
}

// get reads one item, consistently; nil when there is none.
func (s *Store) get(ctx context.Context, table string, key item) (item, error) {
	out, err := call(ctx, ordinary(), s.client.GetItem, &dynamodb.GetItemInput{
		TableName: &table, Key: key, ConsistentRead: aws.Bool(true),
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	if err != nil {
		return nil, failure("get item", err)
	}
	countUnits(ctx, telemetry.ReadUnits, out.ConsumedCapacity)
	return out.Item, nil
}

// put writes one item. When its condition does not hold, it returns the item that is there, which may have no
// attributes. It returns nil when the item was written.
func (s *Store) put(ctx context.Context, table string, row item, condition string) (item, error) {
	return s.putIf(ctx, table, row, condition, nil)
}

// putIf is put with a condition that has values.
func (s *Store) putIf(ctx context.Context, table string, row item, condition string, values item) (item, error) {
	in := &dynamodb.PutItemInput{
		TableName: &table, Item: row, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		ExpressionAttributeValues: values,
	}
	if condition != "" {
		in.ConditionExpression = &condition
		in.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	}
	out, err := call(ctx, ordinary(), s.client.PutItem, in)
	if err != nil {
		return conditionFailed(ctx, "put item", err)
	}
	countUnits(ctx, telemetry.WriteUnits, out.ConsumedCapacity)
	return nil, nil
}

// update changes one item. When its condition does not hold, it returns the item that is there; nil when the item was
// changed. The second result has the attributes that in.ReturnValues asks for.
func (s *Store) update(ctx context.Context, in *dynamodb.UpdateItemInput) (old, attributes item, err error) {
	return s.updateWithin(ctx, ordinary(), in)
}

// updateWithin is update within another budget.
func (s *Store) updateWithin(
	ctx context.Context, b budget, in *dynamodb.UpdateItemInput,
) (old, attributes item, err error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	in.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	out, err := call(ctx, b, s.client.UpdateItem, in)
	if err != nil {
		old, err = conditionFailed(ctx, "update item", err)
		return old, nil, err
	}
	countUnits(ctx, telemetry.WriteUnits, out.ConsumedCapacity)
	return nil, out.Attributes, nil
}

func (s *Store) delete(ctx context.Context, table string, key item) error {
	out, err := call(ctx, ordinary(), s.client.DeleteItem, &dynamodb.DeleteItemInput{
		TableName: &table, Key: key, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	if err != nil {
		return failure("delete item", err)
	}
	countUnits(ctx, telemetry.WriteUnits, out.ConsumedCapacity)
	return nil
}

// query reads the items that in asks for, page by page, up to limit of them; 0 is no limit.
func (s *Store) query(ctx context.Context, in *dynamodb.QueryInput, limit int) ([]item, error) {
	in.ConsistentRead = aws.Bool(true)
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	var rows []item
	for {
		if limit > 0 {
			in.Limit = aws.Int32(int32(limit - len(rows)))
		}
		out, err := call(ctx, ordinary(), s.client.Query, in)
		if err != nil {
			return nil, failure("query", err)
		}
		countUnits(ctx, telemetry.ReadUnits, out.ConsumedCapacity)
		rows = append(rows, out.Items...)
		if out.LastEvaluatedKey == nil || limit > 0 && len(rows) >= limit {
			return rows, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

func countUnits(ctx context.Context, m telemetry.Metric, c *types.ConsumedCapacity) {
	if c != nil && c.CapacityUnits != nil {
		telemetry.From(ctx).Add(m, *c.CapacityUnits)
	}
}

// conditionFailed returns the item that made a condition fail; any other error is wrapped.
func conditionFailed(ctx context.Context, operation string, err error) (item, error) {
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		// A failed condition costs a write unit per KB of the item, and DynamoDB does not report it. Our items are
		// under 1 KB, except long messages.
		telemetry.From(ctx).Add(telemetry.WriteUnits, 1)
		if failed.Item == nil {
			return item{}, nil
		}
		return failed.Item, nil
	}
	return nil, failure(operation, err)
}

// failure tells limits and transient faults of DynamoDB, which are safe to repeat, from defects.
func failure(operation string, err error) error {
	wrapped := fmt.Errorf("%s: %w", operation, err)
	if !isTransient(err) {
		return wrapped
	}
	return &chat.Error{Code: chat.CodeUnavailable, Message: "the store did not answer in time; try again", Err: wrapped}
}

func isTransient(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && response.HTTPStatusCode() >= http.StatusInternalServerError {
		return true // whatever its name is, and whichever server between sent it
	}
	// What else cancels a transaction is a defect: a part that is not valid, an item that is too large.
	if _, ok := reasonOf(err, conflictReason, "ThrottlingError", "ProvisionedThroughputExceeded"); ok {
		return true
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return true // no answer at all: the network
	}
	switch api.ErrorCode() {
	case "ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException",
		"TransactionConflictException":
		return true
	}
	return false
}
