package engine_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/engine/enginetest"
)

func str(name string) engine.Key { return engine.Key{Name: name, Type: "S"} }

// full has all that a table can have.
func full() engine.Table {
	return engine.Table{
		Name:         "full",
		PartitionKey: str("room"),
		SortKey:      engine.Key{Name: "id", Type: "N"},
		Indexes: []engine.Index{
			{Name: "by-user", PartitionKey: str("user"), SortKey: engine.Key{Name: "id", Type: "N"}, Projection: "ALL"},
			{Name: "by-kind", PartitionKey: str("kind"), Projection: "INCLUDE", NonKeyAttributes: []string{"content"}},
		},
		StreamViewType: "NEW_AND_OLD_IMAGES",
		TTLAttribute:   "expires_at",
	}
}

func TestTablesAreCreatedOnce(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		name := e.CreateTable(t, full())
		_, err := e.DynamoDB.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &name, Item: map[string]types.AttributeValue{
			"room": &types.AttributeValueMemberS{Value: "lobby"}, "id": &types.AttributeValueMemberN{Value: "1"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		before, err := engine.StreamARN(t.Context(), e.DynamoDB, name)
		if err != nil {
			t.Fatal(err)
		}
		e.CreateTable(t, full()) // again
		if after, err := engine.StreamARN(t.Context(), e.DynamoDB, name); err != nil || after != before {
			t.Errorf("the stream is %q, %v, was %q", after, err, before)
		}
		if n := count(t, e, name); n != 1 {
			t.Errorf("%d rows are left of 1", n)
		}
	})
}

func count(t *testing.T, e *enginetest.Engine, table string) int32 {
	t.Helper()
	out, err := e.DynamoDB.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table, Select: types.SelectCount})
	if err != nil {
		t.Fatal(err)
	}
	return out.Count
}

func TestATableOfAnotherShapeIsAnError(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		name := e.CreateTable(t, full())
		for what, change := range map[string]struct {
			do   func(*engine.Table)
			says string
		}{
			"sort key's type": {func(x *engine.Table) { x.SortKey.Type = "S"; x.Indexes[0].SortKey.Type = "S" }, "key (room S, id N)"},
			"partition key":   {func(x *engine.Table) { x.PartitionKey = str("place") }, "key (place S, id N)"},
			"stream":          {func(x *engine.Table) { x.StreamViewType = "KEYS_ONLY" }, "stream KEYS_ONLY"},
			"no stream":       {func(x *engine.Table) { x.StreamViewType = "" }, "no stream"},
			"index":           {func(x *engine.Table) { x.Indexes = x.Indexes[:1] }, "index by-kind"},
			"projection":      {func(x *engine.Table) { x.Indexes[1].NonKeyAttributes = []string{"other"} }, "INCLUDE [other]"},
			"expiry":          {func(x *engine.Table) { x.TTLAttribute = "gone_at" }, `"gone_at"`},
		} {
			table := full()
			table.Name = name
			change.do(&table)
			err := engine.CreateTables(t.Context(), e.DynamoDB, []engine.Table{table})
			if err == nil || !strings.Contains(err.Error(), change.says) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: the error is %v, want one with the table's name and %q", what, err, change.says)
			}
		}
	})
}

func TestATableWithoutAStreamHasNoStreamARN(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		name := e.CreateTable(t, engine.Table{Name: "plain", PartitionKey: str("id")})
		if arn, err := engine.StreamARN(t.Context(), e.DynamoDB, name); err == nil {
			t.Errorf("the stream is %q", arn)
		}
	})
}

// Only Amazon's engine removes expired rows; that it does proves that CreateTables has set the attribute.
func TestExpiredRowsVanish(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		if e.Name != "dynamodb-local" {
			t.Skip("this engine never removes expired rows")
		}
		name := e.CreateTable(t, engine.Table{Name: "rows", PartitionKey: str("id"), TTLAttribute: "expires_at"})
		ago := strconv.FormatInt(time.Now().Add(-time.Minute).Unix(), 10)
		_, err := e.DynamoDB.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &name, Item: map[string]types.AttributeValue{
			"id": &types.AttributeValueMemberS{Value: "old"}, "expires_at": &types.AttributeValueMemberN{Value: ago},
		}})
		if err != nil {
			t.Fatal(err)
		}
		for count(t, e, name) > 0 { // the test's own time limit ends it
			time.Sleep(10 * time.Millisecond)
		}
	})
}

// Without the seed's trigger dynoxide shows the records of a deleted table as those of the next one of its name.
func TestATableCreatedAgainHasAnEmptyStream(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		table := full()
		name := e.CreateTable(t, table)
		_, err := e.DynamoDB.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &name, Item: map[string]types.AttributeValue{
			"room": &types.AttributeValueMemberS{Value: "lobby"}, "id": &types.AttributeValueMemberN{Value: "1"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(records(t, e, name)); n != 1 {
			t.Fatalf("%d records, want 1", n)
		}
		if _, err := e.DynamoDB.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
			t.Fatal(err)
		}
		e.CreateTable(t, table)
		if got := records(t, e, name); len(got) != 0 {
			t.Errorf("%d records of the old table are in the new one's stream", len(got))
		}
	})
}

// records reads all that is in the table's stream.
func records(t *testing.T, e *enginetest.Engine, table string) []streamtypes.Record {
	t.Helper()
	arn, err := engine.StreamARN(t.Context(), e.DynamoDB, table)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := e.Streams.DescribeStream(t.Context(), &dynamodbstreams.DescribeStreamInput{StreamArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	var all []streamtypes.Record
	for _, s := range stream.StreamDescription.Shards {
		out, err := e.Streams.GetShardIterator(t.Context(), &dynamodbstreams.GetShardIteratorInput{
			StreamArn: &arn, ShardId: s.ShardId, ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon})
		if err != nil {
			t.Fatal(err)
		}
		page, err := e.Streams.GetRecords(t.Context(), &dynamodbstreams.GetRecordsInput{ShardIterator: out.ShardIterator, Limit: aws.Int32(1000)})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Records...)
	}
	return all
}
