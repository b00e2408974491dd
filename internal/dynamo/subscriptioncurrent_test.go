package dynamo_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"serverlesschat/internal/chat"
)

// TestCurrentSubscriptions: of those asked for, a few or many of each shard, what is there now, and nothing else.
func TestCurrentSubscriptions(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		f.open("r")
		f.setShards("r", 3)
		for shard, n := range []int{400, 4, 30} {
			f.fill(fmt.Sprint("r#", shard), fmt.Sprint("c", shard, "-"), n)
		}
		f.fill("other#0", "c0-", 2)
		all := f.subscribers("r")
		var asked, want []chat.Subscription
		for i, s := range all {
			if s.Shard == 0 && i%3 == 0 {
				continue // others, between them
			}
			asked = append(asked, s)
			if i%7 == 0 {
				f.ok(f.RemoveSubscription(ctx, s))
				continue
			}
			if i%11 == 0 {
				f.ok(f.MarkClosing(ctx, s))
				s.Closing = true
			}
			want = append(want, s)
		}
		for _, some := range []int{len(asked), 60, 5, 4, 1, 0} {
			var got []chat.Subscription
			_, read := f.units(func(ctx context.Context) (err error) {
				got, err = f.Current(ctx, "r", asked[:some])
				return err
			})
			expected := slices.DeleteFunc(slices.Clone(want), func(s chat.Subscription) bool {
				return !slices.ContainsFunc(asked[:some], func(a chat.Subscription) bool { return a.Connection == s.Connection })
			})
			slices.SortFunc(got, byConnection)
			slices.SortFunc(expected, byConnection)
			if !slices.Equal(got, expected) {
				f.Errorf("of %d: got %d, want %d", some, len(got), len(expected))
			}
			if read > 20 {
				f.Errorf("of %d: %v read units, want 20 at most", some, read)
			}
		}
	})
}

func byConnection(a, b chat.Subscription) int {
	return strings.Compare(string(a.Connection), string(b.Connection))
}
