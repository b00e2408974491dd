package dynamo_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
)

// pages returns all subscriptions of the room, page by page, and the sizes of the pages.
func (f fixture) pages(room chat.RoomID, limit int) (all []chat.Subscription, sizes []int) {
	f.Helper()
	for from := (*fanout.Cursor)(nil); ; {
		page, err := f.Subscribers(f.Context(), room, from, limit)
		f.ok(err)
		if from != nil && page.Shards != from.Shards {
			f.Errorf("%d shards on a later page, %d on the first", page.Shards, from.Shards)
		}
		all, sizes = append(all, page.Subscriptions...), append(sizes, len(page.Subscriptions))
		if from = page.Next; from == nil {
			return all, sizes
		}
	}
}

// putRow writes a row as it might have been left.
func (f fixture) putRow(table string, texts map[string]string) {
	f.Helper()
	row := map[string]types.AttributeValue{
		"expires_at": &types.AttributeValueMemberN{Value: fmt.Sprint(time.Now().Add(time.Hour).Unix())},
	}
	for name, value := range texts {
		row[name] = &types.AttributeValueMemberS{Value: value}
	}
	_, err := f.engine.DynamoDB.PutItem(f.Context(), &dynamodb.PutItemInput{TableName: &table, Item: row})
	f.ok(err)
}

func (f fixture) fillShard(shard string, n int) { f.Helper(); f.fill(shard, "filler", n) }

// fill puts n subscriptions into a shard; the names of their connections begin with prefix.
func (f fixture) fill(shard, prefix string, n int) {
	f.Helper()
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	expires := &types.AttributeValueMemberN{Value: fmt.Sprint(time.Now().Add(time.Hour).Unix())}
	var requests []types.WriteRequest
	for i := range n {
		requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{
			"room_shard": text(shard), "connection_id": text(fmt.Sprint(prefix, i)), "user_id": text("bob"), "expires_at": expires,
		}}})
	}
	for batch := range slices.Chunk(requests, 25) {
		_, err := f.engine.DynamoDB.BatchWriteItem(context.WithoutCancel(f.Context()), &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{f.tables.Subscriptions: batch},
		})
		f.ok(err)
	}
}

func (f fixture) setShards(room string, n int) {
	f.Helper()
	_, err := f.engine.DynamoDB.UpdateItem(f.Context(), &dynamodb.UpdateItemInput{
		TableName: &f.tables.Rooms, Key: map[string]types.AttributeValue{"item": &types.AttributeValueMemberS{Value: "room#" + room}},
		UpdateExpression:          aws.String("SET shards = :n"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":n": &types.AttributeValueMemberN{Value: fmt.Sprint(n)}},
	})
	f.ok(err)
}

// TestPagesOfSubscribers: whatever their limit is, pages go through all shards, each subscription once, and each page but
// the last is full.
func TestPagesOfSubscribers(t *testing.T) {
	each(t, func(f fixture) {
		for i, shards := range [][]int{{0}, {7}, {5, 0}, {0, 0, 0, 9}, {4, 0, 3, 1, 0, 0, 12, 2}, {3, 3, 3, 3}} {
			room, total := fmt.Sprint("r", i), 0
			f.setShards(room, len(shards))
			for shard, n := range shards {
				f.fill(fmt.Sprint(room, "#", shard), fmt.Sprint("c", shard, "-"), n)
				total += n
			}
			f.fill(fmt.Sprint(room, "#", len(shards)), "outside", 1) // of a shard that is not there yet
			for _, limit := range []int{1, 2, 3, 5, 12, 100} {
				all, sizes := f.pages(chat.RoomID(room), limit)
				what := fmt.Sprintf("shards of %v, limit %d, pages of %v", shards, limit, sizes)
				for _, size := range sizes[:len(sizes)-1] {
					if size != limit {
						f.Errorf("%s: a page is not full", what)
					}
				}
				seen := map[chat.ConnectionID]bool{}
				for _, s := range all {
					seen[s.Connection] = true
					if !strings.HasPrefix(string(s.Connection), fmt.Sprint("c", s.Shard, "-")) {
						f.Errorf("%s: %s is in shard %d", what, s.Connection, s.Shard)
					}
				}
				if len(all) != total || len(seen) != total {
					f.Errorf("%s: %d subscriptions, %d of them different; want %d", what, len(all), len(seen), total)
				}
			}
		}
	})
}

// TestPagesGoOn: between two pages the last one read may go, and shards may be added; what is there all the time is read.
func TestPagesGoOn(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		f.open("r")
		f.fillShard("r#0", 6)
		first, err := f.Subscribers(ctx, "r", nil, 3)
		f.ok(err)
		f.ok(f.RemoveSubscription(ctx, first.Subscriptions[2]))
		f.setShards("r", 2)
		f.fill("r#1", "late", 1)
		second, err := f.Subscribers(ctx, "r", first.Next, 100)
		f.ok(err)
		if len(second.Subscriptions) != 3 || second.Subscriptions[0].Connection != "filler3" || second.Shards != 1 || second.Next != nil {
			f.Errorf("the second page is %+v, want three from filler3 on, of one shard", second)
		}
	})
}

// TestPagesOverPagesOfTheStore: DynamoDB ends a page of its own at 1 MB.
func TestPagesOverPagesOfTheStore(t *testing.T) {
	each(t, func(f fixture) {
		const many = 1500
		f.open("r")
		f.fill("r#0", strings.Repeat("x", 900), many)
		for limit, want := range map[int]int{many + 1: 1, 1300: 2} {
			if all, sizes := f.pages("r", limit); len(all) != many || len(sizes) != want {
				f.Errorf("limit %d: %d subscriptions on %d pages, want %d on %d", limit, len(all), len(sizes), many, want)
			}
		}
	})
}
