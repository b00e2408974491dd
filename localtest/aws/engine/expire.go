package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// longExpired is how old an expiry may be that still counts: DynamoDB leaves rows that should have expired longer ago
// (DynamoDB Developer Guide, "Using time to live (TTL) in DynamoDB").
const longExpired = 5 * 365 * 24 * time.Hour

// RemovesExpired reports whether an engine of this kind removes expired rows itself. Dynoxide does not.
func RemovesExpired(kind Kind) bool { return kind != Dynoxide }

// RemoveExpired deletes the rows of a table that have expired, as DynamoDB does within some days, and returns how many
// they were. A row that is renewed meanwhile stays. A table with a stream is refused: the records of such deletes would
// have to name DynamoDB as their cause, which only the engine can do.
func RemoveExpired(ctx context.Context, client *dynamodb.Client, t Table, now time.Time) (removed int, err error) {
	if t.TTLAttribute == "" {
		return 0, nil
	}
	if t.StreamViewType != "" {
		return 0, fmt.Errorf("table %s has a stream: its expired rows cannot be removed here", t.Name)
	}
	expired := map[string]types.AttributeValue{":now": second(now), ":oldest": second(now.Add(-longExpired)), ":number": &types.AttributeValueMemberS{Value: "N"}}
	names := map[string]string{"#ttl": t.TTLAttribute}
	condition := aws.String("attribute_type(#ttl, :number) AND #ttl < :now AND #ttl > :oldest")
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{
		TableName: &t.Name, FilterExpression: condition, ExpressionAttributeNames: names, ExpressionAttributeValues: expired,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return removed, fmt.Errorf("find expired rows of %s: %w", t.Name, err)
		}
		for _, row := range page.Items {
			_, err := client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
				TableName: &t.Name, Key: t.keyOf(row), ConditionExpression: condition,
				ExpressionAttributeNames: names, ExpressionAttributeValues: expired,
			})
			if _, renewed := errors.AsType[*types.ConditionalCheckFailedException](err); renewed {
				continue
			}
			if err != nil {
				return removed, fmt.Errorf("remove expired row of %s: %w", t.Name, err)
			}
			removed++
		}
	}
	return removed, nil
}

func second(t time.Time) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(t.Unix(), 10)}
}

func (t Table) keyOf(row map[string]types.AttributeValue) map[string]types.AttributeValue {
	key := map[string]types.AttributeValue{t.PartitionKey.Name: row[t.PartitionKey.Name]}
	if t.SortKey != (Key{}) {
		key[t.SortKey.Name] = row[t.SortKey.Name]
	}
	return key
}
