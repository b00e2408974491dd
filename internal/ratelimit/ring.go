package ratelimit

import (
	"strconv"
	"strings"
	"time"
)

// Rate is a limit on what comes in one-second windows. In each second PerSecond may come, and after a quiet second as many
// as Burst. So in the long run no more than PerSecond come a second, and in any one second, wherever it begins, no more
// than both together. (A bucket of tokens needs the greater of two numbers, which no update of DynamoDB can compute: it
// has to be read first.)
type Rate struct {
	PerSecond int // 1 or more
	Burst     int // PerSecond or more
}

// Quiet is below how many a second is quiet.
func (r Rate) Quiet() int { return max(1, 2*r.PerSecond-r.Burst+1) }

// Allows reports whether one more may come in a second in which so many have come, after a second of so many.
func (r Rate) Allows(now, before int) bool {
	return now < r.PerSecond || before < r.Quiet() && now < r.Burst
}

// aheadOfClocks is added to the time that a client is told to wait, since the clocks of processes differ. So who waits as
// long as it is told is not refused again.
const aheadOfClocks = 50 * time.Millisecond

// Wait returns how long somebody who is refused at a time has to wait: the next second has room.
func (r Rate) Wait(at time.Time) time.Duration {
	next := at.Truncate(time.Second).Add(time.Second)
	return (next.Sub(at) + aheadOfClocks).Round(time.Millisecond)
}

// Slots is how many windows a ring has. Of the windows only the last two count; each write of one removes all others. What
// is older than the ring is long could be taken for new: whoever comes after so long a silence begins anew, at the price of
// one more write. With 64 windows that is met by 3 of 64 who come so seldom.
const Slots = 64

// Slot returns the attribute of the window that is at, and the one of the window before it.
func Slot(at time.Time) (now, before string) {
	second := at.Unix()
	return slotName(second), slotName(second - 1)
}

func slotName(second int64) string { return "w" + strconv.FormatInt(second%Slots, 10) }

// Others returns the attributes of all other windows, separated by commas.
func Others(at time.Time) string {
	second := at.Unix()
	names := make([]string, 0, Slots)
	for i := int64(2); i < Slots; i++ {
		names = append(names, slotName(second-i))
	}
	return strings.Join(names, ", ")
}

// Fresh returns the earliest second whose windows cannot be taken for others at a time.
func Fresh(at time.Time) int64 { return at.Unix() - Slots + 2 }
