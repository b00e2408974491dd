package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
)

func TestConnections(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		c := chat.Connection{
			ID: "L0SM9cOFvHcCIhw=", User: "ann", ConnectedAt: time.Now().UTC().Truncate(time.Millisecond),
			TokenExpiresAt: time.Now().UTC().Add(time.Hour).Truncate(time.Second),
		}
		none, err := f.Connection(ctx, c.ID)
		if err != nil || none != nil {
			f.Errorf("no connection yet: %+v, %v", none, err)
		}
		f.ok(f.PutConnection(ctx, c, manyConnections))
		stored, err := f.Connection(ctx, c.ID)
		if err != nil || stored == nil || *stored != c {
			f.Errorf("stored %+v, %v, want %+v", stored, err, c)
		}
		f.ok(f.RemoveConnection(ctx, c.User, c.ID))
		if gone, err := f.Connection(ctx, c.ID); err != nil || gone != nil {
			f.Errorf("after its removal: %+v, %v", gone, err)
		}
	})
}

// TestExpiredConnectionCountsAsGone: DynamoDB may take days to remove a row that has expired.
func TestExpiredConnectionCountsAsGone(t *testing.T) {
	each(t, func(f fixture) {
		connected := time.Now()
		c := chat.Connection{ID: "c", User: "ann", ConnectedAt: connected}
		f.ok(f.PutConnection(f.Context(), c, manyConnections))
		for _, at := range []struct {
			time time.Time
			want bool
		}{{c.ExpiresAt().Add(-time.Second), true}, {c.ExpiresAt().Add(time.Second), false}} {
			later := dynamo.New(f.engine.DynamoDB, f.tables, func() time.Time { return at.time })
			stored, err := later.Connection(f.Context(), "c")
			got(f, fmt.Sprint("after ", at.time.Sub(connected)), stored != nil, err, at.want)
		}
	})
}

// connects puts connections of ann, as their handshakes do.
func (f fixture) connects(ids ...chat.ConnectionID) {
	f.Helper()
	for _, id := range ids {
		f.ok(f.PutConnection(f.Context(), chat.Connection{ID: id, User: "ann", ConnectedAt: time.Now()}, manyConnections))
	}
}

// rowsOf counts the rows under a connection, its own one too.
func (f fixture) rowsOf(id chat.ConnectionID) int {
	f.Helper()
	out, err := f.engine.DynamoDB.Query(f.Context(), &dynamodb.QueryInput{
		TableName: &f.tables.Connections, KeyConditionExpression: aws.String("connection_id = :id"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":id": &types.AttributeValueMemberS{Value: string(id)}},
		ConsistentRead:            aws.Bool(true),
	})
	f.ok(err)
	return len(out.Items)
}

// TestRemoveConnectionFindsAll: its subscriptions in all rooms go with it, and nobody else's; whatever happened before.
func TestRemoveConnectionFindsAll(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		f.connects("a", "b")
		rooms := []chat.RoomID{"r1", "r2", "r3", "connection"}
		for _, room := range rooms {
			f.open(room)
			f.ok(f.Subscribe(ctx, subscription(room, "a")))
			f.ok(f.Subscribe(ctx, subscription(room, "b")))
		}
		f.ok(f.Unsubscribe(ctx, "a", "r2"))
		for range 2 {
			f.ok(f.RemoveConnection(ctx, "ann", "a"))
		}
		for _, room := range rooms {
			if all := f.subscribers(room); len(all) != 1 || all[0].Connection != "b" {
				f.Errorf("room %s: %+v, want b alone", room, all)
			}
		}
		if n := f.rowsOf("a"); n != 0 {
			f.Errorf("%d rows of the connection are left", n)
		}
	})
}

// TestAGoneConnectionGoesWithAPush: what met the end of a connection in one room removes it from the others too, a few
// at a time.
func TestAGoneConnectionGoesWithAPush(t *testing.T) {
	each(t, func(f fixture) {
		const rooms, atMost = 30, 25
		ctx := f.Context()
		f.connects("a", "b")
		room := func(i int) chat.RoomID { return chat.RoomID(fmt.Sprintf("r%02d", i)) }
		for i := range rooms {
			f.open(room(i))
			f.ok(f.Subscribe(ctx, subscription(room(i), "a")))
		}
		f.ok(f.Subscribe(ctx, subscription(room(rooms-1), "b")))
		last := subscription(room(rooms-1), "a") // not among the first
		f.ok(f.RemoveSubscription(ctx, last))
		if all := f.subscribers(last.Room); len(all) != 1 || all[0].Connection != "b" {
			f.Errorf("the room has %+v, want b alone", all)
		}
		if n := f.rowsOf("a"); n != rooms-atMost-1 {
			f.Errorf("%d rows are under the connection, want %d", n, rooms-atMost-1)
		}
		f.ok(f.RemoveSubscription(ctx, subscription(room(rooms-2), "a")))
		for i := range rooms - 1 {
			if all := f.subscribers(room(i)); len(all) != 0 {
				f.Errorf("room %d has %+v", i, all)
			}
		}
		if a, b := f.rowsOf("a"), f.rowsOf("b"); a != 0 || b != 2 {
			f.Errorf("%d rows of the connection are left, want none; %d of another, want 2", a, b)
		}
		f.ok(f.RemoveSubscription(ctx, last)) // is gone
	})
}

// TestASubscriptionOutsideItsShardIsRemoved: data of an earlier version may have one that its connection does not know.
func TestASubscriptionOutsideItsShardIsRemoved(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		f.open("r")
		f.setShards("r", 2)
		f.connects("a")
		f.ok(f.Subscribe(ctx, subscription("r", "a")))
		known := f.subscribers("r")[0]
		stray := known
		stray.Shard = 1 - known.Shard
		f.putRow(f.tables.Subscriptions, map[string]string{
			"room_shard": fmt.Sprint("r#", stray.Shard), "connection_id": "a", "user_id": "ann",
		})
		f.ok(f.RemoveSubscription(ctx, stray))
		if all := f.subscribers("r"); len(all) != 0 || f.rowsOf("a") != 0 {
			f.Errorf("left are %+v and %d rows under the connection", all, f.rowsOf("a"))
		}
	})
}
