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
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/roomlog"
)

func TestRoomsAndMembers(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		is, err := f.RoomExists(ctx, "r")
		got(f, "no room yet", is, err, false)
		for range 2 {
			f.ok(f.CreateRoom(ctx, "r"))
			f.ok(f.AddMember(ctx, "ann", "r"))
		}
		is, err = f.RoomExists(ctx, "r")
		got(f, "room", is, err, true)
		is, err = f.IsMember(ctx, "ann", "r")
		got(f, "member", is, err, true)
		is, err = f.IsMember(ctx, "bob", "r")
		got(f, "who is no member", is, err, false)
		is, err = f.IsMember(ctx, "ann", "r2")
		got(f, "member elsewhere", is, err, false)
	})
}

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
		f.ok(f.PutConnection(ctx, c))
		stored, err := f.Connection(ctx, c.ID)
		if err != nil || stored == nil || *stored != c {
			f.Errorf("stored %+v, %v, want %+v", stored, err, c)
		}
		f.ok(f.RemoveConnection(ctx, c.ID))
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
		f.ok(f.PutConnection(f.Context(), c))
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

func subscription(room chat.RoomID, id chat.ConnectionID) chat.Subscription {
	return chat.Subscription{
		Room: room, Connection: id, User: "ann", ExpiresAt: time.Now().UTC().Add(time.Hour).Truncate(time.Second),
	}
}

func (f fixture) subscribers(room chat.RoomID) []chat.Subscription {
	f.Helper()
	all, err := f.Subscribers(f.Context(), room)
	f.ok(err)
	slices.SortFunc(all, func(a, b chat.Subscription) int { return strings.Compare(string(a.Connection), string(b.Connection)) })
	return all
}

func TestSubscriptions(t *testing.T) {
	each(t, func(f fixture) {
		ctx, a, b := f.Context(), subscription("r", "a"), subscription("r", "b")
		if all := f.subscribers("r"); len(all) != 0 {
			f.Errorf("a room that is not there has %+v", all)
		}
		f.ok(f.CreateRoom(ctx, "r"))
		for range 2 {
			f.ok(f.Subscribe(ctx, a))
			f.ok(f.Subscribe(ctx, b))
		}
		if all := f.subscribers("r"); !slices.Equal(all, []chat.Subscription{a, b}) {
			f.Errorf("subscribers %+v, want %+v and %+v", all, a, b)
		}
		if all := f.subscribers("r#0"); len(all) != 0 {
			f.Errorf("another room has %+v", all)
		}
		f.ok(f.Unsubscribe(ctx, "a", "r"))
		f.ok(f.Unsubscribe(ctx, "a", "r"))
		f.ok(f.Unsubscribe(ctx, "nobody", "r"))
		if all := f.subscribers("r"); !slices.Equal(all, []chat.Subscription{b}) {
			f.Errorf("subscribers %+v, want %+v", all, b)
		}
		f.ok(f.RemoveSubscription(ctx, b))
		f.ok(f.RemoveSubscription(ctx, b))
		if all := f.subscribers("r"); len(all) != 0 {
			f.Errorf("subscribers %+v, want none", all)
		}
	})
}

// TestClosingStays: a connection that is marked gets no pushes, also if it joins again.
func TestClosingStays(t *testing.T) {
	each(t, func(f fixture) {
		ctx, s := f.Context(), subscription("r", "a")
		f.ok(f.CreateRoom(ctx, "r"))
		f.ok(f.MarkClosing(ctx, s))
		if all := f.subscribers("r"); len(all) != 0 {
			f.Errorf("marking made a subscription: %+v", all)
		}
		f.ok(f.Subscribe(ctx, s))
		f.ok(f.MarkClosing(ctx, s))
		f.ok(f.Subscribe(ctx, s))
		s.Closing = true
		if all := f.subscribers("r"); !slices.Equal(all, []chat.Subscription{s}) {
			f.Errorf("subscribers %+v, want %+v", all, s)
		}
	})
}

// TestRemoveConnectionFindsAll: its subscriptions in all rooms go with it, and nobody else's; whatever happened before.
func TestRemoveConnectionFindsAll(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		f.ok(f.PutConnection(ctx, chat.Connection{ID: "a", User: "ann", ConnectedAt: time.Now()}))
		rooms := []chat.RoomID{"r1", "r2", "r3", "connection"}
		for _, room := range rooms {
			f.ok(f.CreateRoom(ctx, room))
			f.ok(f.Subscribe(ctx, subscription(room, "a")))
			f.ok(f.Subscribe(ctx, subscription(room, "b")))
		}
		f.ok(f.RemoveSubscription(ctx, subscription("r2", "a"))) // as a push does that finds the connection gone
		for range 2 {
			f.ok(f.RemoveConnection(ctx, "a"))
		}
		for _, room := range rooms {
			if all := f.subscribers(room); len(all) != 1 || all[0].Connection != "b" {
				f.Errorf("room %s: %+v, want b alone", room, all)
			}
		}
		rows, err := f.engine.DynamoDB.Query(ctx, &dynamodb.QueryInput{
			TableName: &f.tables.Connections, KeyConditionExpression: aws.String("connection_id = :a"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":a": &types.AttributeValueMemberS{Value: "a"}},
		})
		if err != nil || len(rows.Items) != 0 {
			f.Errorf("left behind: %v, %v", rows.Items, err)
		}
	})
}

// TestShardsGrow: a room with more subscriptions than a shard should have gets more shards; those that joined before
// stay where they are, and none is lost or there twice.
func TestShardsGrow(t *testing.T) {
	each(t, func(f fixture) {
		const many, few = 1000, 8
		ctx, all := f.Context(), many+few
		f.ok(f.CreateRoom(ctx, "r"))
		join := func(name string) {
			for i := range few {
				f.ok(f.Subscribe(ctx, subscription("r", chat.ConnectionID(fmt.Sprint(name, i)))))
			}
		}
		join("early")
		f.fillShard("r#0", many)
		for range 2 { // the first finds the shard too full; the second reads them all
			f.wantShards(all, all)
		}
		f.ok(f.CreateRoom(ctx, "r")) // is there: its shards stay as many
		join("late")
		all += few
		shards := f.wantShards(all, -1)
		if len(shards) != 2 || shards[1] == 0 || shards[1] > few {
			f.Errorf("shards hold %v: none of the late ones is in the second, or one of the early ones", shards)
		}
		join("early")
		f.wantShards(all, shards[0])
		// All ways to end a subscription find it where it is.
		for i := range few {
			f.ok(f.Unsubscribe(ctx, chat.ConnectionID(fmt.Sprint("early", i)), "r"))
			f.ok(f.RemoveConnection(ctx, chat.ConnectionID(fmt.Sprint("late", i))))
		}
		f.wantShards(many, many)
	})
}

// wantShards checks how many subscriptions there are, and in the first shard unless that is -1. It returns them by
// shard.
func (f fixture) wantShards(total, first int) map[int]int {
	f.Helper()
	all := f.subscribers("r")
	shards := map[int]int{}
	for _, s := range all {
		shards[s.Shard]++
	}
	if len(all) != total || first >= 0 && shards[0] != first {
		f.Fatalf("%d subscribers, by shard %v; want %d, %d of them in the first", len(all), shards, total, first)
	}
	return shards
}

func (f fixture) fillShard(shard string, n int) {
	f.Helper()
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	expires := &types.AttributeValueMemberN{Value: fmt.Sprint(time.Now().Add(time.Hour).Unix())}
	var requests []types.WriteRequest
	for i := range n {
		requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{
			"room_shard": text(shard), "connection_id": text(fmt.Sprint("filler", i)), "user_id": text("bob"), "expires_at": expires,
		}}})
	}
	for batch := range slices.Chunk(requests, 25) {
		_, err := f.engine.DynamoDB.BatchWriteItem(context.WithoutCancel(f.Context()), &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{f.tables.Subscriptions: batch},
		})
		f.ok(err)
	}
}

func TestPrecheck(t *testing.T) {
	each(t, func(f fixture) {
		ctx, d := f.Context(), newEntry("hi")
		claim := roomlog.Claim{ID: 7, Fingerprint: roomlog.Fingerprint("first")}
		check := func(what string, d chat.NewEntry, wantMember bool, want *roomlog.Claim) {
			f.Helper()
			member, c, err := f.Precheck(ctx, d)
			gotClaim(f, what, c, err, want)
			if member != wantMember {
				f.Errorf("%s: member is %v", what, member)
			}
		}
		check("a stranger", d, false, nil)
		_, err := f.PutClaim(ctx, d, claim)
		f.ok(err)
		check("who was a member once", d, false, &claim)
		f.ok(f.AddMember(ctx, d.User, d.Room))
		check("a member who repeats", d, true, &claim)
		other := d
		other.ClientMessageID = "another"
		check("a member", other, true, nil)
		other.Room = "another"
		check("a member elsewhere", other, false, nil)
		if write, read := f.units(func(ctx context.Context) error { _, _, err := f.Precheck(ctx, d); return err }); write != 0 || read != 2 {
			f.Errorf("took %v write units and %v read units, want 0 and 2", write, read)
		}
	})
}
