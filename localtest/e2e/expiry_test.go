package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestStoryWhatHasExpired: whichever way one looks, it is not shown, and is no gap. Rows are there still, with the time at
// which they have expired, as in a room that keeps entries for an hour; one row is removed already.
func TestStoryWhatHasExpired(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		ann.joins("lobby")
		bob.joins("lobby")
		for _, content := range []string{"one", "two", "three", "four", "five"} {
			ann.sends("lobby", content)
		}
		bob.sees("lobby", "one", "two", "three", "four", "five")
		room := w.room("lobby")
		w.deleteRow("EntriesTable", row{"room_id": textValue(room), "id": numberValue(1)})
		for id := int64(2); id <= 3; id++ {
			w.putRow("EntriesTable", row{
				"room_id": textValue(room), "id": numberValue(id), "kind": textValue("message"), "content": textValue("old"),
				"user_id": textValue(ann.user), "client_message_id": textValue("x"),
				"created_at": numberValue(anHourAgo()), "expires_at": numberValue(time.Now().Add(-time.Second).UnixMilli()),
				"remove_at": numberValue(time.Now().Add(47 * time.Hour).Unix()),
			})
		}
		left := []string{"four", "five"}
		after := fields{"room_id": room, "after_id": 0}
		for name, got := range map[string]page{
			"poll": bob.polls("after=" + room + ":0")[0], "newest page": ann.history("lobby", ""),
			"history": ann.history("lobby", "?after=1"), "before": ann.history("lobby", "?before=6"),
		} {
			if !slices.Equal(contentsOf(got.Messages), left) || got.FirstID != 4 || got.LastID != 5 || got.More {
				t.Errorf("%s: %+v", name, got)
			}
		}
		for _, action := range []string{"sync", "joinRoom"} {
			got := bob.does(action, after)
			if !slices.Equal(contentsOf(got.Messages), left) || got.FirstID != 4 || got.LastID != 5 || got.More {
				t.Errorf("%s: %+v", action, got)
			}
		}
		if got := ann.does("joinRoom", fields{"room_id": room}); got.FirstID != 4 {
			t.Errorf("joined: %+v", got)
		}
		for i, action := range []string{"editMessage", "deleteMessage", "react"} {
			for target := 1; target <= 2; target++ {
				ann.fails("not_found", action, fields{
					"room_id": room, "target_id": target, "content": "new", "reaction": "+",
					"client_message_id": fmt.Sprint("c", i, target),
				})
			}
		}
	})
}
