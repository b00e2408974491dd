package dynamo_test

import (
	"context"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

func TestPolls(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		begun := time.Date(2099, 1, 1, 12, 0, 59, 0, time.UTC)
		enter := func(what string, at time.Time, want int) {
			f.Helper()
			n, err := f.EnterPoll(ctx, at)
			got(f, what, n, err, want)
		}
		enter("the first", begun, 1)
		enter("a second", begun, 2)
		enter("one of the next period", begun.Add(time.Second), 3)
		f.ok(f.LeavePoll(ctx, begun))
		enter("after one has left", begun.Add(30*time.Second), 3)
		// The one that has never left is forgotten, two periods later.
		enter("later", begun.Add(62*time.Second), 3)
		enter("much later", begun.Add(122*time.Second), 2)

		newest := func(user chat.UserID, tab, want string) {
			f.Helper()
			token, err := f.NewestPoll(ctx, user, tab)
			got(f, "newest of "+string(user)+" "+tab, token, err, want)
		}
		newest("ann", "1", "")
		f.ok(f.TakePoll(ctx, "ann", "1", "a"))
		f.ok(f.TakePoll(ctx, "ann", "", "b"))
		f.ok(f.TakePoll(ctx, "ann", "1#2", "c"))
		f.ok(f.TakePoll(ctx, "ann", "1", "d"))
		newest("ann", "1", "d")
		newest("ann", "", "b")
		newest("ann", "1#2", "c")
		newest("bob", "1", "")
	})
}

// TestUnitsOfAPoll: three write units for a poll, and two read units for the rights in each room, and
// one for each room and for the poll itself each second.
func TestUnitsOfAPoll(t *testing.T) {
	each(t, func(f fixture) {
		var positions []messages.Position
		for _, room := range []chat.RoomID{"r", "s"} {
			f.open(room)
			positions = append(positions, messages.Position{Room: room})
		}
		reader := roomlog.NewReader(f.Store, roomlog.ReaderOptions{
			HoleAge: fake.HoleAge, Now: time.Now, Jitter: func() float64 { return 0 }, Size: func(chat.Entry) int { return 1 },
		})
		poller := messages.NewPoller(rooms.NewMembership(f.Store), reader, f.Store, messages.PollerOptions{
			Concurrency: 1, Now: time.Now, NewToken: func() string { return "t" }, Jitter: func() float64 { return 0 },
		})
		// Membership of two rooms, two heads, the count of the period before, and the newest token.
		write, read := f.units(func(ctx context.Context) error {
			_, err := poller.Poll(ctx, chat.Identity{User: "ann", ExpiresAt: time.Now().Add(time.Hour)}, messages.Poll{Positions: positions})
			return err
		})
		if write != 3 || read != 8 {
			f.Errorf("took %v write units and %v read units, want 3 and 8", write, read)
		}
	})
}
