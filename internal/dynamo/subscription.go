package dynamo

import (
	"context"
	"hash/fnv"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"serverlesschat/internal/chat"
)

// Subscriptions lie in shards of a room, so that many connections may join at once: a partition takes 1,000 write units
// a second. A room begins with one shard. A reader that finds more than shardTarget subscriptions in each shard doubles
// the number of shards. The number only grows, and subscriptions stay where they are. So the shard is stored with the
// connection and never computed again.

const (
	shardTarget = 1000
	maxShards   = 64
)

func shardName(room chat.RoomID, shard int) string { return string(room) + "#" + strconv.Itoa(shard) }

func subscriptionKey(room chat.RoomID, shard int, id chat.ConnectionID) item {
	return item{"room_shard": text(shardName(room, shard)), "connection_id": text(string(id))}
}

// Subscribe implements [rooms.Subscriptions]. The row under the connection comes first, so that a subscription whose
// connection ends is always found.
func (s *Store) Subscribe(ctx context.Context, sub chat.Subscription) error {
	shards, err := s.shards(ctx, sub.Room)
	if err != nil {
		return err
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(sub.Connection))
	shard := int(hash.Sum32() % uint32(shards))

	joined := joinedKey(sub.Connection, sub.Room)
	joined["shard"] = number(shard)
	joined["expires_at"] = number(sub.ExpiresAt.Unix())
	old, err := s.put(ctx, s.tables.Connections, joined, "attribute_not_exists(connection_id)")
	if err != nil {
		return err
	}
	if old != nil { // joined before, maybe when there were fewer shards
		shard = int(reader{old}.number("shard"))
	}
	row := subscriptionKey(sub.Room, shard, sub.Connection)
	row["user_id"] = text(string(sub.User))
	row["expires_at"] = number(sub.ExpiresAt.Unix())
	_, err = s.put(ctx, s.tables.Subscriptions, row, "attribute_not_exists(connection_id)")
	return err
}

// Unsubscribe implements [rooms.Subscriptions].
func (s *Store) Unsubscribe(ctx context.Context, id chat.ConnectionID, room chat.RoomID) error {
	row, err := s.get(ctx, s.tables.Connections, joinedKey(id, room))
	if err != nil || row == nil {
		return err
	}
	return s.unsubscribe(ctx, id, room, int(reader{row}.number("shard")))
}

func (s *Store) unsubscribe(ctx context.Context, id chat.ConnectionID, room chat.RoomID, shard int) error {
	if err := s.delete(ctx, s.tables.Subscriptions, subscriptionKey(room, shard, id)); err != nil {
		return err
	}
	return s.delete(ctx, s.tables.Connections, joinedKey(id, room))
}

// shards returns how many shards the room's subscriptions have now, consistently.
func (s *Store) shards(ctx context.Context, room chat.RoomID) (int, error) {
	row, err := s.get(ctx, s.tables.Rooms, roomKey(room))
	return max(1, int(reader{row}.number("shards"))), err
}

// Subscribers implements [fanout.Subscriptions]. Most rooms have one shard, so it is read while their number is.
func (s *Store) Subscribers(ctx context.Context, room chat.RoomID) ([]chat.Subscription, error) {
	var (
		shards int
		parts  = make([][]chat.Subscription, maxShards)
	)
	group, groupCtx := errgroup.WithContext(ctx)
	read := func(ctx context.Context, shard int) (err error) {
		parts[shard], err = s.shard(ctx, room, shard)
		return err
	}
	group.Go(func() error { return read(groupCtx, 0) })
	group.Go(func() (err error) {
		shards, err = s.shards(groupCtx, room)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	group, groupCtx = errgroup.WithContext(ctx)
	for shard := 1; shard < shards; shard++ {
		group.Go(func() error { return read(groupCtx, shard) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := slices.Concat(parts[:shards]...)
	if len(all) > shards*shardTarget && shards < maxShards {
		// This is upkeep. A failure must not keep the room from its news, and the next reader tries again.
		_ = s.growShards(ctx, room, shards)
	}
	return all, nil
}

func (s *Store) shard(ctx context.Context, room chat.RoomID, shard int) ([]chat.Subscription, error) {
	rows, err := s.query(ctx, &dynamodb.QueryInput{
		TableName:                 &s.tables.Subscriptions,
		KeyConditionExpression:    aws.String("room_shard = :shard"),
		ExpressionAttributeValues: item{":shard": text(shardName(room, shard))},
	}, 0)
	if err != nil {
		return nil, err
	}
	subs := make([]chat.Subscription, len(rows))
	for i, row := range rows {
		r := reader{row}
		subs[i] = chat.Subscription{
			Room: room, Shard: shard, Connection: chat.ConnectionID(r.text("connection_id")),
			User: chat.UserID(r.text("user_id")), ExpiresAt: r.seconds("expires_at"), Closing: r.bool("closing"),
		}
	}
	return subs, nil
}

func (s *Store) growShards(ctx context.Context, room chat.RoomID, from int) error {
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Rooms, Key: roomKey(room),
		UpdateExpression:          aws.String("SET shards = :to"),
		ConditionExpression:       aws.String("shards = :from"),
		ExpressionAttributeValues: item{":from": number(from), ":to": number(min(2*from, maxShards))},
	})
	return err
}

// RemoveSubscription implements [fanout.Subscriptions].
func (s *Store) RemoveSubscription(ctx context.Context, sub chat.Subscription) error {
	return s.delete(ctx, s.tables.Subscriptions, subscriptionKey(sub.Room, sub.Shard, sub.Connection))
}

// MarkClosing implements [fanout.Subscriptions].
func (s *Store) MarkClosing(ctx context.Context, sub chat.Subscription) error {
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Subscriptions, Key: subscriptionKey(sub.Room, sub.Shard, sub.Connection),
		UpdateExpression:          aws.String("SET closing = :true"),
		ConditionExpression:       aws.String("attribute_exists(connection_id)"),
		ExpressionAttributeValues: item{":true": &types.AttributeValueMemberBOOL{Value: true}},
	})
	return err
}
