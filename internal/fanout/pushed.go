package fanout

import "time"

// Pushed counts what one delivery took.
type Pushed struct {
	Posts      int // those that failed too
	Deliveries int // entries times connections that got them
	Gone       int
	Closed     int             // connections closed because they could not be reached
	Throttled  int             // calls that failed with ErrThrottled
	Failed     int             // calls that failed for another reason than ErrGone, ErrForbidden or ErrThrottled
	Latencies  []time.Duration // from an entry's creation to the end of its push, per entry; none when recipients are left
}

// latencies returns how long ago the entries were created.
func latencies(frames []Frame, now time.Time) []time.Duration {
	var all []time.Duration
	for _, f := range frames {
		for _, e := range f.Entries {
			all = append(all, now.Sub(e.CreatedAt))
		}
	}
	return all
}
