package dynamo_test

import (
	"context"
	"fmt"
	"testing"

	"serverlesschat/internal/chat"
)

// joins makes connections join the room, each of them new.
func (f fixture) joins(room chat.RoomID, name string, n int) {
	f.Helper()
	for i := range n {
		id := chat.ConnectionID(fmt.Sprint(name, i))
		f.connects(id)
		f.ok(f.Subscribe(f.Context(), subscription(room, id)))
	}
}

// TestShardsGrowAtPushes: a room with more subscriptions than a shard should have gets more shards; those that joined
// before stay where they are, and none is lost or there twice.
func TestShardsGrowAtPushes(t *testing.T) {
	each(t, func(f fixture) {
		const many, few = 1000, 8
		ctx, all := f.Context(), many+few
		f.open("r")
		f.joins("r", "early", few)
		f.fillShard("r#0", many)
		for range 3 { // the first finds the shard too full; it stays full, and that is no reason to grow again
			f.wantShards(all, all)
		}
		f.open("r") // is there: its shards stay as many
		f.joins("r", "late", few)
		all += few
		shards := f.wantShards(all, -1)
		if len(shards) != 2 || shards[1] == 0 || shards[1] > few {
			f.Errorf("shards hold %v: none of the late ones is in the second, or one of the early ones", shards)
		}
		f.joins("r", "early", few)
		f.wantShards(all, shards[0])
		// All ways to end a subscription find it where it is.
		for i := range few {
			f.ok(f.Unsubscribe(ctx, chat.ConnectionID(fmt.Sprint("early", i)), "r"))
			f.ok(f.RemoveConnection(ctx, "ann", chat.ConnectionID(fmt.Sprint("late", i))))
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

// TestShardsGrowWhenANewOneIsFull: a shard of the newer half says that there are too few; one of the older half, which
// was full before, says nothing. Small pages see it too.
func TestShardsGrowWhenANewOneIsFull(t *testing.T) {
	each(t, func(f fixture) {
		for i, c := range []struct {
			shards, full, limit int
			want                int
		}{
			{2, 0, 5000, 2}, {2, 1, 5000, 4}, {2, 1, 300, 4}, {4, 1, 5000, 4}, {4, 2, 300, 8}, {64, 63, 5000, 64},
		} {
			room := fmt.Sprint("r", i)
			f.setShards(room, c.shards)
			f.fillShard(fmt.Sprint(room, "#", c.full), 1001)
			f.pages(chat.RoomID(room), c.limit)
			page, err := f.Subscribers(f.Context(), chat.RoomID(room), nil, 1)
			got(f, fmt.Sprintf("%+v: shards", c), page.Shards, err, c.want)
		}
	})
}

// TestShardsGrowAtJoins: a room that many join grows before anything is pushed. One join in some looks; it may fail.
func TestShardsGrowAtJoins(t *testing.T) {
	each(t, func(f fixture) {
		const joins, target = 96, 1000
		for i, c := range []struct {
			shards, full, want int
			fails              bool
		}{
			{1, target + 1, 2, false}, {1, target - joins, 1, false}, {1, target + 1, 1, true}, {8, target + 1, 16, false},
		} {
			room := chat.RoomID(fmt.Sprint("r", i))
			f.open(room)
			f.setShards(string(room), c.shards)
			for shard := c.shards / 2; shard < c.shards; shard++ {
				f.fillShard(fmt.Sprint(room, "#", shard), c.full)
			}
			store := f
			if c.fails {
				store.Store = f.storeBy(noUpdates{f.engine.DynamoDB.Options().HTTPClient})
			}
			var dear int // joins that looked
			for n := range joins {
				id := chat.ConnectionID(fmt.Sprint(room, "late", n))
				f.forgetSession("ann") // or it grows with each
				f.connects(id)
				_, read := f.units(func(ctx context.Context) error { return store.Subscribe(ctx, subscription(room, id)) })
				if read > 2 {
					dear++
				}
			}
			page, err := f.Subscribers(f.Context(), room, nil, 1)
			got(f, fmt.Sprintf("%+v: shards", c), page.Shards, err, c.want)
			if dear < 1 || dear > joins/12 {
				f.Errorf("%+v: %d of %d joins looked at their shard", c, dear, joins)
			}
		}
	})
}
