package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"serverlesschat/localtest/bench/latency"
	"serverlesschat/localtest/bench/target"
)

// setting is one line of the report.
type setting struct {
	members, inFlight int
	local             *target.Options // nil: the chat is not a local stack
	deviations        []string        // parameters that are not the template's
}

// result is what was measured.
type result struct {
	setting
	took            time.Duration
	sent, delivered int64
	p50, p99        time.Duration // from sending to a member
	ackP50, ackP99  time.Duration // from sending to the ack
	counters        target.Counters
}

func header() string {
	return fmt.Sprintf("%7s %9s %7s %8s %7s %10s %12s %8s %8s %8s %8s %9s %7s %7s %11s",
		"members", "in flight", "poll ms", "store ms", "post ms", "messages/s", "deliveries/s",
		"p50 ms", "p99 ms", "ack p50", "ack p99", "posts/dlv", "WRU/msg", "RRU/msg", "invokes/msg")
}

// String returns the line. At its end stand the parameters that deviate from the template's.
func (r result) String() string {
	seconds, messages, deliveries := r.took.Seconds(), float64(r.sent), float64(r.delivered)
	poll, store, post := r.pace()
	line := fmt.Sprintf("%7d %9d %7s %8s %7s %10.1f %12.0f %8.1f %8.1f %8.1f %8.1f",
		r.members, r.inFlight, poll, store, post, messages/seconds, deliveries/seconds,
		latency.Millis(r.p50), latency.Millis(r.p99), latency.Millis(r.ackP50), latency.Millis(r.ackP99))
	if r.counters.Sum(target.Invocations) == 0 {
		line += "  (no counters to read there)"
	} else {
		line += fmt.Sprintf(" %9.3f %7.2f %7.2f %11.2f", r.counters.Sum(target.Posts)/deliveries,
			r.counters.Sum(target.WriteUnits)/messages, r.counters.Sum(target.ReadUnits)/messages,
			r.counters.Sum(target.Invocations)/messages)
	}
	if len(r.deviations) > 0 {
		line += "  " + strings.Join(r.deviations, " ")
	}
	return line
}

// pace returns how often streams are polled and what is added to calls, in milliseconds; a dash where that is not ours
// to say.
func (s setting) pace() (poll, store, post string) {
	if s.local == nil {
		return "-", "-", "-"
	}
	return millis(s.local.Poll), millis(s.local.StoreDelay), millis(s.local.PostDelay)
}

func millis(d time.Duration) string { return strconv.FormatFloat(latency.Millis(d), 'f', -1, 64) }
