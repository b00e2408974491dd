package dynamo

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
)

// RoomsBehind calls do for each room that has reserved ids which are not pushed. It reads the whole table of rooms: it is
// for an operator. The error of do ends it.
func (s *Store) RoomsBehind(ctx context.Context, do func(chat.RoomID) error) error {
	in := &dynamodb.ScanInput{
		TableName: &s.tables.Rooms, ConsistentRead: aws.Bool(true), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		FilterExpression:          aws.String("begins_with(#item, :head) AND (attribute_not_exists(pushed_id) OR pushed_id < seq)"),
		ExpressionAttributeNames:  map[string]string{"#item": "item"}, // a reserved word
		ExpressionAttributeValues: item{":head": text(headPrefix)},
	}
	for {
		out, err := call(ctx, ordinary(), s.client.Scan, in)
		if err != nil {
			return failure("scan rooms", err)
		}
		for _, row := range out.Items {
			if err := do(chat.RoomID(strings.TrimPrefix(reader{row}.text("item"), headPrefix))); err != nil {
				return err
			}
		}
		if out.LastEvaluatedKey == nil {
			return nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}
