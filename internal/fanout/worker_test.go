package fanout_test

import (
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/roomlog"
)

func TestPushWorker(t *testing.T) {
	for _, c := range []struct {
		name        string
		after, last chat.EntryID
		want        string // "" for no delivery
		missing     bool
	}{
		{"some", 2, 4, "deliver 3 to 4", false},
		{"one", 0, 1, "deliver 1 to 1", false},
		{"longer than one read", 0, roomlog.ScanLimit + 2, "deliver 1 to 502", false},
		{"none", 4, 4, "", false},
		{"past the end", 500, roomlog.ScanLimit + 9, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := fake.NewStore(fake.UpTo(roomlog.ScanLimit + 5)...)
			deliverer := &fake.Deliverer{Recorder: log.Recorder}
			err := fanout.NewWorker(log, deliverer).Run(t.Context(),
				fanout.Job{Room: "r", After: c.after, Last: c.last, Subscriptions: subscriptionsOf(1)})
			if (err != nil) != c.missing {
				t.Fatalf("got %v", err)
			}
			if c.want == "" {
				if len(deliverer.Got) > 0 {
					t.Errorf("delivered %v", fake.IDs(deliverer.Got[0].Entries))
				}
				return
			}
			if last := log.Calls[len(log.Calls)-1]; last != c.want {
				t.Errorf("last call %q, want %q", last, c.want)
			}
			if got := fake.IDs(deliverer.Got[0].Entries); len(got) != int(c.last-c.after) {
				t.Errorf("delivered %d entries", len(got))
			}
		})
	}
}
