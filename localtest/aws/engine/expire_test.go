package engine_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/engine/enginetest"
)

// TestRemoveExpired removes what DynamoDB removes: rows whose attribute is a number of seconds in the past, of the last
// five years.
func TestRemoveExpired(t *testing.T) {
	e := enginetest.Dynoxide(t)
	table := engine.Table{Name: e.TableName("Rows"), PartitionKey: engine.Key{Name: "id", Type: "S"}, TTLAttribute: "expires_at"}
	if err := engine.CreateTables(t.Context(), e.DynamoDB, []engine.Table{table}); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	number := func(at time.Time) types.AttributeValue {
		return &types.AttributeValueMemberN{Value: strconv.FormatInt(at.Unix(), 10)}
	}
	for id, expires := range map[string]types.AttributeValue{
		"expired": number(now.Add(-time.Minute)), "later": number(now.Add(time.Minute)), "never": nil,
		"a text": &types.AttributeValueMemberS{Value: "1"}, "long ago": number(now.AddDate(-6, 0, 0)),
	} {
		row := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
		if expires != nil {
			row["expires_at"] = expires
		}
		if _, err := e.DynamoDB.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table.Name, Item: row}); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := engine.RemoveExpired(t.Context(), e.DynamoDB, table, now); n != 1 || err != nil {
		t.Errorf("removed %d, %v, want 1", n, err)
	}
	out, err := e.DynamoDB.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table.Name})
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, row := range out.Items {
		left = append(left, row["id"].(*types.AttributeValueMemberS).Value)
	}
	slices.Sort(left)
	if want := []string{"a text", "later", "long ago", "never"}; !slices.Equal(left, want) {
		t.Errorf("left are %q, want %q", left, want)
	}
	table.StreamViewType = "KEYS_ONLY"
	if _, err := engine.RemoveExpired(t.Context(), e.DynamoDB, table, now); err == nil {
		t.Error("a table with a stream is no error")
	}
}
