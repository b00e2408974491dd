package fanout

import "time"

const (
	// ratePeriod is how long outcomes are gathered before the rate follows them.
	ratePeriod = 100 * time.Millisecond
	// tolerated is the share of posts that may fail in a period: near the limit of a rate some always do, and slow clients
	// fail too.
	tolerated = 0.1
	// rateGain is how much of the ceiling the rate gains in a second.
	rateGain = 0.75
	// minShare is what is left of the ceiling at the least: enough to see soon that the gateway is back.
	minShare = 1.0 / 128
	// guessedLatency is how long a post is thought to take before any was seen.
	guessedLatency = 20 * time.Millisecond
)

// rate is how fast this process posts. Those who share the account's rate know nothing of each other, so each finds its
// own part: it halves its rate when many posts of a period fail, and gains steadily while they succeed (AIMD).
type rate struct {
	pace    pace
	share   float64       // of the ceiling that it may use now; in [minShare, 1]
	latency time.Duration // mean of late, of posts that succeeded
	failed  int           // posts of the period
	all     int
	began   time.Time // the period, with its first outcome
	last    time.Time // the last outcome
}

func newRate() *rate { return &rate{share: 1, latency: guessedLatency} }

// perSecond returns what it may do now of a ceiling. While nothing happens, as in a process that is frozen, it
// recovers: what it knew is of no use any more.
func (r *rate) perSecond(now time.Time, ceiling float64) float64 {
	share := r.share
	if idle := now.Sub(r.last); idle > time.Second {
		share = min(1, share+rateGain*idle.Seconds())
	}
	return share * ceiling
}

// outcome counts a post that succeeded or failed.
func (r *rate) outcome(now time.Time, ok bool) {
	r.share = r.perSecond(now, 1)
	r.last = now
	if r.all == 0 {
		r.began = now
	}
	r.all++
	if !ok {
		r.failed++
	}
	period := now.Sub(r.began)
	if period < ratePeriod {
		return
	}
	if float64(r.failed) > tolerated*float64(r.all) {
		r.share = max(minShare, r.share/2)
	} else {
		r.share = min(1, r.share+rateGain*period.Seconds())
	}
	r.failed, r.all = 0, 0
}

// took counts how long a post took that succeeded.
func (r *rate) took(d time.Duration) { r.latency = max(time.Microsecond, r.latency+(d-r.latency)/16) }

// paceSlack is how far calls may be behind their pace and still catch up: timers are coarse.
const paceSlack = 10 * time.Millisecond

// pace spaces calls evenly.
type pace struct {
	next time.Time // when the next call may begin
}

// took counts a call that begins now, at so many a second.
func (p *pace) took(now time.Time, perSecond float64) {
	if least := now.Add(-paceSlack); p.next.Before(least) {
		p.next = least
	}
	p.next = p.next.Add(time.Duration(float64(time.Second) / perSecond))
}
