package dynamo_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/presence"
	"serverlesschat/internal/rooms"
)

// TestPresence goes through the life of an item: who has connected meanwhile is not written offline, and peers are told
// each change once.
func TestPresence(t *testing.T) {
	each(t, func(f fixture) {
		ctx, at := f.Context(), time.UnixMilli(1_795_435_200_123).UTC()
		expect := func(want presence.State) {
			f.Helper()
			got, err := f.Store.State(ctx, "ann")
			f.ok(err)
			slices.Sort(got.Gone)
			if want.User = "ann"; !reflect.DeepEqual(got, want) {
				f.Errorf("got %+v, want %+v", got, want)
			}
		}
		expect(presence.State{})
		first, err := f.Store.Arrive(ctx, "ann")
		f.ok(err)
		expect(presence.State{Online: true, Version: 1})
		for range 2 {
			told, err := f.Store.Told(ctx, first, at)
			f.ok(err)
			if got, err := f.Store.State(ctx, "ann"); err != nil || told != (first.ToldVersion == 0) || !got.ToldOnline {
				f.Errorf("told %v, %+v, %v", told, got, err)
			}
			first.ToldVersion = 1
		}
		for _, id := range []chat.ConnectionID{"a", "b", "c", "c"} {
			f.ok(f.Store.Depart(ctx, "ann", id))
		}
		f.ok(f.Store.Forget(ctx, "ann", []chat.ConnectionID{"a", "x"}))
		expect(presence.State{
			Online: true, Version: 1, Gone: []chat.ConnectionID{"b", "c"}, ToldOnline: true, ToldVersion: 1, ToldAt: at,
		})

		second, err := f.Store.Arrive(ctx, "ann")
		f.ok(err)
		if _, left, err := f.Store.Leave(ctx, first); err != nil || left || !second.ToldOnline {
			f.Errorf("left %v, %v, second %+v", left, err, second)
		}
		is, left, err := f.Store.Leave(ctx, second)
		f.ok(err)
		want := presence.State{User: "ann", Version: 3, ToldOnline: true, ToldVersion: 1, ToldAt: at}
		if expect(want); !left || !reflect.DeepEqual(is, want) {
			f.Errorf("left %v, %+v", left, is)
		}
		if told, err := f.Store.Told(ctx, second, at); err != nil || told {
			f.Errorf("what holds no more was told: %v, %v", told, err)
		}
		states, err := f.Store.States(ctx, []chat.UserID{"bob", "ann"})
		f.ok(err)
		if !reflect.DeepEqual(states, []presence.State{{User: "bob"}, want}) {
			f.Errorf("states %+v", states)
		}
	})
}

// TestPeersAndTheirConnections are found by the index and by the session items.
func TestPeersAndTheirConnections(t *testing.T) {
	each(t, func(f fixture) {
		ctx, out := f.Context(), member("r", "eve")
		out.State = rooms.StateOut
		_, err := f.Store.OpenRoom(ctx, rooms.Room{ID: "r", Kind: rooms.KindPublic}, member("r", "ann"), member("r", "bob"), out)
		f.ok(err)
		opened := time.Now().Truncate(time.Second)
		for _, c := range []chat.Connection{
			{ID: "a1", User: "ann", ConnectedAt: opened}, {ID: "a2", User: "ann", ConnectedAt: opened.Add(-time.Minute)},
			{ID: "b1", User: "bob", ConnectedAt: opened}, {ID: "b2", User: "bob", ConnectedAt: opened, TokenExpiresAt: opened}, {ID: "old", User: "bob", ConnectedAt: opened.Add(-3 * time.Hour)},
		} {
			if c.TokenExpiresAt.IsZero() {
				c.TokenExpiresAt = opened.Add(time.Hour)
			}
			f.ok(f.Store.PutConnection(ctx, c, manyConnections))
		}
		names, err := f.Store.MemberNames(ctx, "r", 10)
		f.ok(err)
		ids, err := f.Store.ConnectionsOfMany(ctx, []chat.UserID{"ann", "bob", "eve"})
		f.ok(err)
		slices.Sort(ids)
		open, err := f.Store.OpenOf(ctx, "ann")
		f.ok(err)
		if got, want := fmt.Sprint(names, ids), "[ann bob] [a1 a2 b1]"; got != want || !open["a2"].Equal(opened.Add(-time.Minute)) {
			f.Errorf("got %s, want %s; open %v", got, want, open)
		}
		f.ok(f.Store.RemoveConnection(ctx, "ann", "a1"))
		if left, err := f.Store.OpenOf(ctx, "ann"); err != nil || len(left) != 1 {
			f.Errorf("left %v, %v", left, err)
		}
	})
}

// TestWhatPresenceCosts, in write units and read units.
func TestWhatPresenceCosts(t *testing.T) {
	each(t, func(f fixture) {
		for name, call := range map[string]func(context.Context) error{
			"arrive": func(ctx context.Context) error { _, err := f.Store.Arrive(ctx, "ann"); return err },
			"depart": func(ctx context.Context) error { return f.Store.Depart(ctx, "ann", "c") },
		} {
			if write, read := f.units(call); write != 1 || read != 0 {
				f.Errorf("%s takes %v write units and %v read units", name, write, read)
			}
		}
	})
}
