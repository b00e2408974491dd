package dynamo

import (
	"context"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"serverlesschat/internal/chat"
)

// fewInShard is up to how many subscriptions of a shard are read one by one. More are read in one query, from the first
// to the last, with what lies between: a query that finds 40 rows costs as much as one that finds one.
const fewInShard = 4

// span is a part of a shard, with its first and its last connection.
type span struct {
	shard       int
	first, last chat.ConnectionID
}

// Current implements [fanout.Subscriptions]. It queries, also for one row: whoever pushes may do that already.
func (s *Store) Current(
	ctx context.Context, room chat.RoomID, subscriptions []chat.Subscription,
) ([]chat.Subscription, error) {
	asked := make(map[chat.ConnectionID]bool, len(subscriptions))
	for _, sub := range subscriptions {
		asked[sub.Connection] = true
	}
	var (
		mu      sync.Mutex
		current []chat.Subscription
	)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(shardsAtOnce)
	for _, part := range spans(subscriptions) {
		group.Go(func() error {
			rows, err := s.query(ctx, &dynamodb.QueryInput{
				TableName:              &s.tables.Subscriptions,
				KeyConditionExpression: aws.String("room_shard = :shard AND connection_id BETWEEN :first AND :last"),
				ExpressionAttributeValues: item{
					":shard": text(shardName(room, part.shard)), ":first": text(string(part.first)), ":last": text(string(part.last)),
				},
			}, 0)
			mu.Lock()
			defer mu.Unlock()
			for _, sub := range subscriptionsOf(room, part.shard, rows) {
				if asked[sub.Connection] {
					current = append(current, sub)
				}
			}
			return err
		})
	}
	return current, group.Wait()
}

// spans returns what to query for subscriptions of a room.
func spans(subscriptions []chat.Subscription) []span {
	byShard := map[int][]chat.ConnectionID{}
	for _, sub := range subscriptions {
		byShard[sub.Shard] = append(byShard[sub.Shard], sub.Connection)
	}
	var parts []span
	for shard, ids := range byShard {
		if len(ids) > fewInShard {
			parts = append(parts, span{shard, slices.Min(ids), slices.Max(ids)})
			continue
		}
		for _, id := range ids {
			parts = append(parts, span{shard, id, id})
		}
	}
	return parts
}
