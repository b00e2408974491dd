package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"serverlesschat/localtest/aws/engine"
)

// BenchmarkAge measures what the embedded engine's calls take after so many messages, each an entry in a table with a
// stream, a row in one without, and an update of one counter.
//
//	go test -run '^$' -bench Age -benchtime 300x ./localtest/aws/engine
//
// fills the tables once, which takes a minute or two.
//
// The engine without the seed comes last, and only to 20,000, since filling it takes longer and longer.
func BenchmarkAge(b *testing.B) {
	b.Run("seeded", func(b *testing.B) { benchmarkAge(b, b.TempDir(), 0, 20_000, 100_000, 200_000) })
	b.Run("bare", func(b *testing.B) {
		dir := b.TempDir()
		// To SQLite an empty file is an empty database, and to the package it is data that is there already.
		if err := os.WriteFile(filepath.Join(dir, "dynoxide.db"), nil, 0o644); err != nil {
			b.Fatal(err)
		}
		benchmarkAge(b, dir, 0, 20_000)
	})
}

func benchmarkAge(b *testing.B, dataDir string, ages ...int64) {
	a := newAged(b, dataDir)
	for _, records := range ages {
		a.growTo(b, records)
		name := func(call string) string { return fmt.Sprintf("%s/%d", call, records) }
		b.Run(name("PutWithStream"), func(b *testing.B) { a.each(b, a.putEntry) })
		b.Run(name("PutWithout"), func(b *testing.B) { a.each(b, a.putClaim) })
		b.Run(name("Update"), func(b *testing.B) { a.each(b, a.count) })
		b.Run(name("Query"), func(b *testing.B) { a.each(b, a.query) })
		b.Run(name("GetRecords"), func(b *testing.B) { a.each(b, a.tail(b)) })
		b.Run(name("DescribeStream"), func(b *testing.B) { a.each(b, a.describe) })
		b.Run(name("Latest"), func(b *testing.B) { a.each(b, a.latest) })
	}
}

type aged struct {
	db      *dynamodb.Client
	streams *dynamodbstreams.Client
	arn     string
	shard   *string
	last    atomic.Int64
}

func newAged(b *testing.B, dataDir string) *aged {
	e, err := engine.Start(b.Context(), engine.Options{Kind: engine.Dynoxide, ToolsDir: "../../../.local/tools", DataDir: dataDir})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close() })
	a := &aged{db: dynamodb.NewFromConfig(e.Config()), streams: dynamodbstreams.NewFromConfig(e.Config())}
	str, num := func(n string) engine.Key { return engine.Key{Name: n, Type: "S"} }, engine.Key{Name: "id", Type: "N"}
	err = engine.CreateTables(b.Context(), a.db, []engine.Table{
		{Name: "entries", PartitionKey: str("room"), SortKey: num, StreamViewType: "KEYS_ONLY"},
		{Name: "claims", PartitionKey: str("user"), SortKey: str("item")},
		{Name: "rooms", PartitionKey: str("room")},
	})
	if err != nil {
		b.Fatal(err)
	}
	if a.arn, err = engine.StreamARN(b.Context(), a.db, "entries"); err != nil {
		b.Fatal(err)
	}
	out, err := a.streams.DescribeStream(b.Context(), &dynamodbstreams.DescribeStreamInput{StreamArn: &a.arn})
	if err != nil {
		b.Fatal(err)
	}
	a.shard = out.StreamDescription.Shards[0].ShardId
	return a
}

func (a *aged) each(b *testing.B, call func(context.Context) error) {
	for b.Loop() {
		if err := call(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// growTo writes entries and claims in batches until so many records are in the stream.
func (a *aged) growTo(b *testing.B, records int64) {
	const batch = 25
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for a.last.Load() < records {
				in := map[string][]types.WriteRequest{}
				for range batch {
					n := a.last.Add(1)
					in["entries"] = append(in["entries"], types.WriteRequest{PutRequest: &types.PutRequest{Item: entry(n)}})
				}
				if _, err := a.db.BatchWriteItem(b.Context(), &dynamodb.BatchWriteItemInput{RequestItems: in}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
}

func entry(n int64) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"room":    &types.AttributeValueMemberS{Value: "room-" + strconv.FormatInt(n%10, 10)},
		"id":      &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)},
		"content": &types.AttributeValueMemberS{Value: "a message of ordinary length, as people write them all day"},
	}
}

func (a *aged) putEntry(ctx context.Context) error {
	_, err := a.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("entries"), Item: entry(a.last.Add(1)),
		ConditionExpression: aws.String("attribute_not_exists(id)")})
	return err
}

func (a *aged) putClaim(ctx context.Context) error {
	n := strconv.FormatInt(a.last.Add(1), 10)
	_, err := a.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("claims"),
		Item: map[string]types.AttributeValue{
			"user": &types.AttributeValueMemberS{Value: "ann"},
			"item": &types.AttributeValueMemberS{Value: n},
		},
		ConditionExpression:      aws.String("attribute_not_exists(#item)"),
		ExpressionAttributeNames: map[string]string{"#item": "item"}})
	return err
}

func (a *aged) count(ctx context.Context) error {
	_, err := a.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: aws.String("rooms"),
		Key:                       map[string]types.AttributeValue{"room": &types.AttributeValueMemberS{Value: "one"}},
		UpdateExpression:          aws.String("ADD seq :one"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":one": &types.AttributeValueMemberN{Value: "1"}},
		ReturnValues:              types.ReturnValueUpdatedNew})
	return err
}

func (a *aged) query(ctx context.Context) error {
	after := strconv.FormatInt(a.last.Load()-100, 10)
	_, err := a.db.Query(ctx, &dynamodb.QueryInput{TableName: aws.String("entries"), ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("room = :r AND id > :n"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":r": &types.AttributeValueMemberS{Value: "room-1"}, ":n": &types.AttributeValueMemberN{Value: after}}})
	return err
}

// tail reads where nothing is yet: what a poller does most of the time.
func (a *aged) tail(b *testing.B) func(context.Context) error {
	out, err := a.streams.GetShardIterator(b.Context(), &dynamodbstreams.GetShardIteratorInput{
		StreamArn: &a.arn, ShardId: a.shard, ShardIteratorType: streamtypes.ShardIteratorTypeLatest})
	if err != nil {
		b.Fatal(err)
	}
	iterator := out.ShardIterator
	return func(ctx context.Context) error {
		out, err := a.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: iterator})
		if err == nil {
			iterator = out.NextShardIterator
		}
		return err
	}
}

func (a *aged) describe(ctx context.Context) error {
	_, err := a.streams.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &a.arn})
	return err
}

func (a *aged) latest(ctx context.Context) error {
	_, err := a.streams.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{
		StreamArn: &a.arn, ShardId: a.shard, ShardIteratorType: streamtypes.ShardIteratorTypeLatest})
	return err
}
