package dynamo

import (
	"context"
	"errors"
	"hash/fnv"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/rooms"
)

// A subscription is two rows: one in its room's shard, which pushes list, and the joined row under its connection, which
// holds the shard. What must stay true:
//
//  1. As long as the connection is there, both rows are there or neither is, and the joined row names the shard: one
//     transaction writes them, and one takes them away. So joins and leaves side by side, and a number of shards that
//     grows between them, come to the same as one after the other.
//  2. Nothing stays of a connection that has ended. Its own row goes first, then what it has joined. A join writes its
//     rows first, and looks at the connection's row after that. So of a join and an end that overtake each other one sees
//     the other. A process that dies on the way leaves rows; they go with the next push that meets them, or by TTL.
//
// The connection's row is looked at after the transaction and is no part of it: two transactions with one item in common
// conflict, also if both only check it, and clients join many rooms at once.

func subscriptionKey(room chat.RoomID, shard int, id chat.ConnectionID) item {
	return item{"room_shard": text(shardName(room, shard)), "connection_id": text(string(id))}
}

func shardName(room chat.RoomID, shard int) string { return string(room) + "#" + strconv.Itoa(shard) }

// shardOf returns the shard that a connection joins when there are so many.
func shardOf(id chat.ConnectionID, shards int) int {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(id))
	return int(hash.Sum32() % uint32(shards))
}

// Subscribe implements [rooms.Subscriptions].
func (s *Store) Subscribe(ctx context.Context, sub chat.Subscription) error {
	shards, err := s.shards(ctx, sub.Room)
	if err != nil {
		return err
	}
	sub.Shard = shardOf(sub.Connection, shards)
	if sub.Shard, err = s.putSubscription(ctx, sub); err != nil {
		return err
	}
	var upkeep sync.WaitGroup
	if looksAtShard(sub, shards) {
		upkeep.Go(func() { s.growIfFull(ctx, sub.Room, sub.Shard, shards) })
	}
	err = s.checkConnection(ctx, sub)
	upkeep.Wait()
	return err
}

// movesAtMost is how often a join or a leave finds that another one has moved the subscription to another shard. Once is
// seldom: the number of shards must grow between two joins and a leave of one connection.
const movesAtMost = 4

// putSubscription writes both rows, new ones over old ones, if the member is in the room and unchanged: what was marked
// closing is so no longer. It returns the shard that they are in, which is not sub.Shard if the connection has joined when
// there were fewer shards.
func (s *Store) putSubscription(ctx context.Context, sub chat.Subscription) (shard int, err error) {
	for range movesAtMost {
		joined := joinedKey(sub.Connection, sub.Room)
		joined["shard"], joined["v"] = number(sub.Shard), number(sub.Version)
		joined["expires_at"] = number(sub.ExpiresAt.Unix())
		row := subscriptionKey(sub.Room, sub.Shard, sub.Connection)
		row["user_id"] = text(string(sub.User))
		row["v"], row["expires_at"] = number(sub.Version), number(sub.ExpiresAt.Unix())
		row["look_at"] = number(sub.LookAt.Unix())
		old, err := s.transact(ctx,
			types.TransactWriteItem{Put: &types.Put{
				TableName: &s.tables.Connections, Item: joined,
				ConditionExpression:                 aws.String("attribute_not_exists(#shard) OR #shard = :shard"),
				ExpressionAttributeNames:            map[string]string{"#shard": "shard"}, // a reserved word
				ExpressionAttributeValues:           item{":shard": number(sub.Shard)},
				ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
			}},
			types.TransactWriteItem{Put: &types.Put{TableName: &s.tables.Subscriptions, Item: row}},
			types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
				TableName: &s.tables.Members, Key: memberKey(sub.User, sub.Room),
				ConditionExpression:       aws.String("#state = :in AND v = :v"),
				ExpressionAttributeNames:  map[string]string{"#state": "state"},
				ExpressionAttributeValues: item{":in": text(string(rooms.StateIn)), ":v": number(sub.Version)},
			}})
		if err != nil || old == nil {
			return sub.Shard, err
		}
		if _, ok := old["shard"]; !ok { // it is the member that refused
			return 0, rooms.ErrChanged
		}
		sub.Shard = int(reader{old}.number("shard"))
	}
	return 0, errMoves()
}

func errMoves() error {
	return chat.Errorf(chat.CodeUnavailable, "this connection joins and leaves the room too often at once; try again")
}

// checkConnection takes back what a join has written if the connection has ended meanwhile, or its session was ended. A
// token that has ended is for those who push.
func (s *Store) checkConnection(ctx context.Context, sub chat.Subscription) error {
	_, err := s.Look(ctx, chat.Connection{ID: sub.Connection, User: sub.User, ConnectedAt: chat.ConnectedBy(sub.ExpiresAt)})
	switch {
	case errors.Is(err, connections.ErrExpired):
		return nil
	case chat.CodeOf(err) != chat.CodeUnauthorized:
		return err
	}
	if failed := s.dropSubscription(ctx, sub); failed != nil {
		return failed
	}
	return err
}

// Unsubscribe implements [rooms.Subscriptions].
func (s *Store) Unsubscribe(ctx context.Context, id chat.ConnectionID, room chat.RoomID) error {
	return s.unsubscribe(ctx, id, room, func(item) bool { return true })
}

// Evict implements [rooms.Evictions].
func (s *Store) Evict(ctx context.Context, id chat.ConnectionID, room chat.RoomID, version int64) error {
	return s.unsubscribe(ctx, id, room, func(joined item) bool { return reader{joined}.number("v") < version })
}

// unsubscribe takes away both rows of a subscription, as long as its joined row says that it ends.
func (s *Store) unsubscribe(ctx context.Context, id chat.ConnectionID, room chat.RoomID, ends func(joined item) bool) error {
	for range movesAtMost {
		row, err := s.get(ctx, s.tables.Connections, joinedKey(id, room))
		if err != nil || row == nil || !ends(row) {
			return err
		}
		r := reader{row}
		shard := int(r.number("shard"))
		old, err := s.transact(ctx,
			types.TransactWriteItem{Delete: &types.Delete{
				TableName: &s.tables.Connections, Key: joinedKey(id, room),
				ConditionExpression:       aws.String("#shard = :shard AND v = :v"),
				ExpressionAttributeNames:  map[string]string{"#shard": "shard"},
				ExpressionAttributeValues: item{":shard": number(shard), ":v": number(r.number("v"))},
			}},
			types.TransactWriteItem{Delete: &types.Delete{
				TableName: &s.tables.Subscriptions, Key: subscriptionKey(room, shard, id),
			}})
		if err != nil || old == nil {
			return err
		}
	}
	return errMoves()
}

// dropSubscription removes both rows of a connection that has ended. No transaction is needed, nor twice the price: what
// a join writes between the two, the join itself takes back. The subscription goes first, so that what is left of a drop
// that was cut off is found under the connection.
func (s *Store) dropSubscription(ctx context.Context, sub chat.Subscription) error {
	if err := s.delete(ctx, s.tables.Subscriptions, subscriptionKey(sub.Room, sub.Shard, sub.Connection)); err != nil {
		return err
	}
	return s.delete(ctx, s.tables.Connections, joinedKey(sub.Connection, sub.Room))
}

// removedAtMost is how many subscriptions of a connection one push removes. The rest goes with the next push that meets
// one of them, or by TTL.
const removedAtMost = 25

// Postpone implements [connections.Lookouts].
func (s *Store) Postpone(ctx context.Context, sub chat.Subscription) error {
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Subscriptions, Key: subscriptionKey(sub.Room, sub.Shard, sub.Connection),
		UpdateExpression:          aws.String("SET look_at = :at"),
		ConditionExpression:       aws.String("attribute_exists(connection_id)"),
		ExpressionAttributeValues: item{":at": number(sub.LookAt.Unix())},
	})
	return err
}

// RemoveSubscription implements [fanout.Subscriptions].
func (s *Store) RemoveSubscription(ctx context.Context, sub chat.Subscription) error {
	return s.endConnection(ctx, sub.User, sub.Connection, removedAtMost, sub)
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
