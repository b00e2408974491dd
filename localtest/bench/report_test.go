package main

import (
	"testing"
	"time"

	"serverlesschat/localtest/bench/target"
)

func TestReport(t *testing.T) {
	const ms = time.Millisecond
	local := &target.Options{Poll: 250 * ms, StoreDelay: 4 * ms, PostDelay: 17 * ms / 2}
	measured := result{
		setting: setting{members: 50, inFlight: 8, local: local}, took: 8 * time.Second, sent: 800, delivered: 40_000,
		p50: 31 * ms, p99: 245 * ms / 4, ackP50: 20 * ms, ackP99: 21 * ms,
		counters: target.Counters{
			{Metric: target.Invocations}: 900, {Metric: target.Posts}: 5000, {Metric: target.WriteUnits}: 2512,
			{Metric: target.ReadUnits}: 2996, {Function: "push", Metric: target.Posts}: 1,
		},
	}
	remote := measured
	remote.local, remote.counters = nil, target.Counters{}
	otherwise := measured
	otherwise.deviations = []string{"DirectPush=false", "GatherMs=0"}
	for _, c := range []struct{ name, got, want string }{
		{"header", header(), "" +
			"members in flight poll ms store ms post ms messages/s deliveries/s" +
			"   p50 ms   p99 ms  ack p50  ack p99 posts/dlv WRU/msg RRU/msg invokes/msg"},
		{"local", measured.String(), "" +
			"     50         8     250        4     8.5      100.0         5000" +
			"     31.0     61.2     20.0     21.0     0.125    3.14    3.75        1.12"},
		{"with parameters", otherwise.String(), measured.String() + "  DirectPush=false GatherMs=0"},
		{"remote", remote.String(), "" +
			"     50         8       -        -       -      100.0         5000" +
			"     31.0     61.2     20.0     21.0  (no counters to read there)"},
	} {
		if c.got != c.want {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, c.got, c.want)
		}
	}
}
