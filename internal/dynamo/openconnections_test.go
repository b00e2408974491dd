package dynamo_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"serverlesschat/internal/chat"
)

// Page by page, every connection that was open at a time is found once; rooms that it has joined are not, nor what was
// opened later, or has expired.
func TestOpenConnections(t *testing.T) {
	each(t, func(f fixture) {
		ctx, now := f.Context(), time.Now()
		var want []chat.ConnectionID
		f.open("r")
		for i := range 12 {
			id := chat.ConnectionID(fmt.Sprintf("c%d=", i))
			f.ok(f.PutConnection(ctx, chat.Connection{ID: id, User: "ann", ConnectedAt: now.Add(-time.Minute)}, manyConnections))
			f.ok(f.Subscribe(ctx, chat.Subscription{Room: "r", Connection: id, User: "ann", Version: 1, ExpiresAt: now.Add(time.Hour)}))
			want = append(want, id)
		}
		f.ok(f.PutConnection(ctx, chat.Connection{ID: "later", User: "ann", ConnectedAt: now.Add(time.Second)}, manyConnections))
		f.ok(f.PutConnection(ctx, chat.Connection{ID: "expired", User: "ann", ConnectedAt: now.Add(-3 * time.Hour)}, manyConnections))
		var got []chat.ConnectionID
		pages, cursor := 0, ""
		for {
			ids, next, err := f.OpenConnections(ctx, now, cursor, 5)
			f.ok(err)
			got = append(got, ids...)
			if pages++; next == "" || pages > 50 {
				break
			}
			cursor = next
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || pages < 5 {
			f.Errorf("%d pages have %v, want %v", pages, got, want)
		}
		if _, _, err := f.OpenConnections(ctx, now, "nothing", 5); err == nil {
			f.Error("a cursor that is none")
		}
	})
}
