package ratelimit

import "time"

// GCRA is a limit on what comes seldom, such as sign-ins: Burst at once, and then one each Interval. It is the generic
// cell rate algorithm: what is kept of a key is one time, when the key is at rest again.
type GCRA struct {
	Interval time.Duration // at least a millisecond
	Burst    int           // 1 or more
}

// Latest returns until when a key may be busy, at the time now, so that one more may come.
func (g GCRA) Latest(now time.Time) time.Time {
	return now.Add(time.Duration(g.Burst-1) * g.Interval)
}

// Take returns until when the key is busy once one more has come at the time now; rest is until when it was busy.
func (g GCRA) Take(rest, now time.Time) time.Time {
	if rest.Before(now) {
		rest = now
	}
	return rest.Add(g.Interval)
}

// Wait returns how long it takes until one more may come, 0 for at once. The store of the times has milliseconds, so
// that the wait is a whole number of them.
func (g GCRA) Wait(rest, now time.Time) time.Duration {
	wait := rest.Sub(g.Latest(now))
	if wait <= 0 {
		return 0
	}
	return (wait + time.Millisecond - 1).Truncate(time.Millisecond)
}

// Limit is a limit on what is done under one key.
type Limit struct {
	Key string
	GCRA
}
