package dynamo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
)

func subscription(room chat.RoomID, id chat.ConnectionID) chat.Subscription {
	return chat.Subscription{
		Room: room, Connection: id, User: "ann", Version: 1, ExpiresAt: time.Now().UTC().Add(time.Hour).Truncate(time.Second),
	}
}

// subscribers returns the room's subscriptions by their connections.
func (f fixture) subscribers(room chat.RoomID) []chat.Subscription {
	f.Helper()
	all, _ := f.pages(room, 5000)
	slices.SortFunc(all, func(a, b chat.Subscription) int { return strings.Compare(string(a.Connection), string(b.Connection)) })
	return all
}

func TestSubscriptions(t *testing.T) {
	each(t, func(f fixture) {
		ctx, a, b := f.Context(), subscription("r", "a"), subscription("r", "b")
		if all := f.subscribers("r"); len(all) != 0 {
			f.Errorf("a room that is not there has %+v", all)
		}
		f.open("r")
		f.connects("a", "b")
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
		if all := f.subscribers("r"); !slices.Equal(all, []chat.Subscription{b}) || f.rowsOf("a") != 1 {
			f.Errorf("subscribers %+v, want %+v; %d rows of who left, want 1", all, b, f.rowsOf("a"))
		}
		f.ok(f.Subscribe(ctx, a))
		if all := f.subscribers("r"); !slices.Equal(all, []chat.Subscription{a, b}) || f.rowsOf("a") != 2 {
			f.Errorf("joined again: %+v, want %+v and %+v; %d rows of who did, want 2", all, a, b, f.rowsOf("a"))
		}
	})
}

// TestJoiningAgainRenews: a reply that says joined is true, also to a connection that could not be reached before.
func TestJoiningAgainRenews(t *testing.T) {
	each(t, func(f fixture) {
		ctx, s := f.Context(), subscription("r", "a")
		f.open("r")
		f.connects("a")
		f.ok(f.MarkClosing(ctx, s))
		if all := f.subscribers("r"); len(all) != 0 {
			f.Errorf("marking made a subscription: %+v", all)
		}
		f.ok(f.Subscribe(ctx, s))
		f.ok(f.MarkClosing(ctx, s))
		marked := s
		marked.Closing = true
		if all := f.subscribers("r"); !slices.Equal(all, []chat.Subscription{marked}) {
			f.Errorf("subscribers %+v, want %+v", all, marked)
		}
		s.ExpiresAt = s.ExpiresAt.Add(time.Hour)
		f.ok(f.Subscribe(ctx, s))
		if all := f.subscribers("r"); !slices.Equal(all, []chat.Subscription{s}) {
			f.Errorf("joined again: %+v, want %+v", all, s)
		}
	})
}

// TestAnEndedConnectionCannotJoin: a frame may come to its function after the end of its connection.
func TestAnEndedConnectionCannotJoin(t *testing.T) {
	each(t, func(f fixture) {
		f.open("r")
		f.ok(f.PutConnection(f.Context(), chat.Connection{ID: "expired", User: "ann", ConnectedAt: time.Now().Add(-3 * time.Hour)}, manyConnections))
		f.connects("ended")
		f.ok(f.RemoveConnection(f.Context(), "ann", "ended"))
		for _, id := range []chat.ConnectionID{"never there", "expired", "ended"} {
			err := f.Subscribe(f.Context(), subscription("r", id))
			if err != connections.ErrClosed || chat.CodeOf(err) != chat.CodeUnauthorized {
				f.Errorf("%s: got %v, want %v", id, err, connections.ErrClosed)
			}
		}
		if all := f.subscribers("r"); len(all) != 0 || f.rowsOf("ended") != 0 {
			f.Errorf("left are %+v, and %d rows of the one that ended", all, f.rowsOf("ended"))
		}
	})
}
