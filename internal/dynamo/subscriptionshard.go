package dynamo

import (
	"context"
	"hash/crc32"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/telemetry"
)

// Subscriptions lie in shards of a room, so that many connections may join at once: a partition takes 1,000 write units
// a second. A room begins with one shard. The number only doubles, and subscriptions stay where they are. So the shard is
// stored with the connection and never computed again.
//
// The shards of the newer half are those that the last doubling made; all joins since then went to all shards alike. So
// the number doubles again when one of the newer half holds more than shardTarget. What lies in the older half says
// nothing: it was full before the last doubling, and stays so.

const (
	shardTarget = 1000
	maxShards   = 64
	// lookEvery is of how many joins one looks whether its shard is full. In a full shard that is some 15 read units, so
	// half of one for each join.
	lookEvery = 32
)

// shards returns how many shards the room's subscriptions have now, consistently.
func (s *Store) shards(ctx context.Context, room chat.RoomID) (int, error) {
	row, err := s.get(ctx, s.tables.Rooms, roomKey(room))
	return max(1, int(reader{row}.number("shards"))), err
}

// tellsOfGrowth reports whether a shard is one whose size says that there are too few.
func tellsOfGrowth(shard, shards int) bool { return shard >= shards/2 && shards < maxShards }

// looksAtShard reports whether a join looks at its shard. Its room and connection decide, by another hash than the one
// that chooses the shard: so each shard has joins that look at it.
func looksAtShard(sub chat.Subscription, shards int) bool {
	sum := crc32.ChecksumIEEE([]byte(string(sub.Room) + "#" + string(sub.Connection)))
	return sum%lookEvery == 0 && tellsOfGrowth(sub.Shard, shards)
}

// growIfFull doubles the number of shards if the shard holds more than it should; roughly, so the read is not a
// consistent one. It is upkeep: a failure must not make a join fail, and the next join that looks tries again.
func (s *Store) growIfFull(ctx context.Context, room chat.RoomID, shard, shards int) {
	out, err := call(ctx, ordinary(), s.client.Query, &dynamodb.QueryInput{
		TableName:                 &s.tables.Subscriptions,
		KeyConditionExpression:    aws.String("room_shard = :shard"),
		ExpressionAttributeValues: item{":shard": text(shardName(room, shard))},
		Select:                    types.SelectCount, Limit: aws.Int32(shardTarget + 1),
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	if err != nil {
		return
	}
	countUnits(ctx, telemetry.ReadUnits, out.ConsumedCapacity)
	if out.Count > shardTarget {
		s.growShards(ctx, room, shards)
	}
}

// growShards doubles the number of shards if it is still the one given. A failure is left to the next one that finds a
// shard full.
func (s *Store) growShards(ctx context.Context, room chat.RoomID, from int) {
	_, _, _ = s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Rooms, Key: roomKey(room),
		UpdateExpression:          aws.String("SET shards = :to"),
		ConditionExpression:       aws.String("shards = :from"),
		ExpressionAttributeValues: item{":from": number(from), ":to": number(min(2*from, maxShards))},
	})
}
