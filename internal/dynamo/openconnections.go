package dynamo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
)

// OpenConnections implements [fanout.OpenConnections]. It reads the table of connections from the cursor on: limit rows,
// of which many are rooms that connections have joined. The cursor is the key of the last row that was read.
func (s *Store) OpenConnections(
	ctx context.Context, before time.Time, cursor string, limit int,
) (ids []chat.ConnectionID, next string, err error) {
	in := &dynamodb.ScanInput{
		TableName: &s.tables.Connections, ConsistentRead: aws.Bool(true), Limit: aws.Int32(int32(limit)),
		ReturnConsumedCapacity:   types.ReturnConsumedCapacityTotal,
		FilterExpression:         aws.String("#item = :connection AND connected_at < :before AND expires_at > :now"),
		ExpressionAttributeNames: map[string]string{"#item": "item"}, // a reserved word
		ExpressionAttributeValues: item{
			":connection": text("connection"), ":before": number(before.UnixMilli()), ":now": number(s.now().Unix()),
		},
	}
	if cursor != "" {
		id, name, ok := strings.Cut(cursor, cursorSeparator)
		if !ok {
			return nil, "", fmt.Errorf("scan connections: %q is no cursor", cursor)
		}
		in.ExclusiveStartKey = item{"connection_id": text(id), "item": text(name)}
	}
	out, err := call(ctx, ordinary(), s.client.Scan, in)
	if err != nil {
		return nil, "", failure("scan connections", err)
	}
	for _, row := range out.Items {
		ids = append(ids, chat.ConnectionID(reader{row}.text("connection_id")))
	}
	if last := out.LastEvaluatedKey; last != nil {
		r := reader{last}
		next = r.text("connection_id") + cursorSeparator + r.text("item")
	}
	return ids, next, nil
}

// cursorSeparator is in no connection's id.
const cursorSeparator = " "
