package fanout

import (
	"time"

	"serverlesschat/internal/chat"
)

const (
	recentTime = time.Second
	// downTime is how long a gateway that was down counts as down while nothing is posted: longer than a post that hangs.
	downTime = 5 * time.Second
	// fewPosts is of how many connections something must be known to judge by.
	fewPosts = 10
	// nearlyAll is the share of them that a gateway that works reaches.
	nearlyAll = 0.9
)

// verdict is what posts to other connections say of the gateway.
type verdict int

const (
	tooFewPosts verdict = iota
	gatewayWorks
	gatewayFails
)

// recent is what this process's posts of the last second came to, the last outcome for each connection: a few that fail
// again and again must not look like many. Posts to those in doubt that fail are not in it.
type recent struct {
	last  map[chat.ConnectionID]outcome
	order []outcome // by time; some are replaced by a later one of the connection
	ok    int       // connections in last, by outcome
	all   int
	// down says that most posts failed when there were enough to judge by, and that none has succeeded since. The slower
	// the process posts for that reason, the fewer posts there are.
	down bool
	at   time.Time // the last outcome
}

type outcome struct {
	id chat.ConnectionID
	at time.Time
	ok bool
}

func newRecent() *recent { return &recent{last: map[chat.ConnectionID]outcome{}} }

func (r *recent) add(id chat.ConnectionID, now time.Time, ok bool) {
	r.forget(now)
	if old, known := r.last[id]; known {
		r.count(old, -1)
	}
	o := outcome{id, now, ok}
	r.last[id] = o
	r.order = append(r.order, o)
	r.count(o, 1)
	r.down = !ok && (r.down || r.all >= fewPosts && 2*r.ok < r.all)
	r.at = now
}

func (r *recent) count(o outcome, n int) {
	r.all += n
	if o.ok {
		r.ok += n
	}
}

// forget drops what is too old.
func (r *recent) forget(now time.Time) {
	r.down = r.down && now.Sub(r.at) < downTime
	old := 0
	for ; old < len(r.order) && now.Sub(r.order[old].at) > recentTime; old++ {
		if o := r.order[old]; r.last[o.id] == o {
			r.count(o, -1)
			delete(r.last, o.id)
		}
	}
	r.order = r.order[old:]
}

// others says what posts to connections other than id tell.
func (r *recent) others(id chat.ConnectionID, now time.Time) verdict {
	r.forget(now)
	ok, all := r.ok, r.all
	if own, known := r.last[id]; known {
		all--
		if own.ok {
			ok--
		}
	}
	switch {
	case r.down:
		return gatewayFails
	case all < fewPosts:
		return tooFewPosts
	case float64(ok) >= nearlyAll*float64(all):
		return gatewayWorks
	}
	return gatewayFails
}
