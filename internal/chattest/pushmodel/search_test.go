package pushmodel

import (
	"strings"
	"testing"
	"time"
)

func text(events []Event) string {
	var b strings.Builder
	for _, e := range events {
		b.WriteString("\t" + e.String() + "\n")
	}
	return b.String()
}

func own(n int) []Sender { return make([]Sender, n) }

func TestHolds(t *testing.T) {
	acc := func(a ...Accident) Accidents {
		m := Accidents{}
		for _, x := range a {
			m[x]++
		}
		return m
	}
	repeat := []Sender{{1, 1}, {1, 1}}
	conflict := []Sender{{1, 1}, {1, 2}}
	for _, c := range []Config{
		{Name: "3 senders, no stream", Senders: own(3), Members: 1, Calm: true, Loops: true},
		{Name: "4 senders, no stream", Senders: own(4), Rounds: 4, Members: 1, Calm: true, Loops: true},
		{Name: "2 senders, joiner, no stream", Senders: own(2), Members: 1, Joiners: 1, Calm: true, Loops: true},
		{Name: "3 senders, joiner, no stream", Senders: own(3), Joiners: 1, Calm: true, Loops: true},
		{Name: "repeat, no stream", Senders: repeat, Members: 1, Joiners: 1, Calm: true, Loops: true},
		{Name: "conflict, no stream", Senders: conflict, Members: 1, Joiners: 1, Calm: true, Loops: true},
		{Name: "conflict and own, no stream", Senders: append(own(1), conflict...), Members: 1, Calm: true, Loops: true},
		{Name: "repeat and own, no stream", Senders: append(own(1), repeat...), Members: 1, Calm: true, Loops: true},
		{Name: "2 senders, retries, no stream", Senders: own(2), Members: 1, Calm: true, Loops: true, Accidents: acc(HeadRetries, HeadRetries)},
		{Name: "2 senders, joiner, stream", Senders: own(2), Fanouts: 1, Members: 1, Joiners: 1, Calm: true, Loops: true},
		{Name: "3 senders, stream", Senders: own(3), Fanouts: 1, Members: 1, Calm: true, Loops: true},
		{Name: "3 senders, stream, sizes", Senders: own(3), Fanouts: 1, Members: 1, Calm: true, Loops: true, Accidents: acc(SizeChanges, SizeChanges)},
		{Name: "2 senders, joiner, large", Senders: own(2), Fanouts: 1, Large: true, Joiners: 1, Calm: true, Loops: true, Accidents: acc(SizeChanges)},
		{Name: "3 senders, direct off", Senders: own(3), Fanouts: 1, NoDirect: true, Members: 1, Calm: true, Loops: true, Accidents: acc(SizeChanges, SizeChanges)},
		{Name: "2 senders, gone, stream", Senders: own(2), Fanouts: 1, Members: 1, Joiners: 1, Calm: true, Loops: true, Accidents: acc(Gone)},
		{Name: "2 senders, deaths", Senders: own(2), Fanouts: 1, Members: 1, Repeats: -1, Loops: true, Accidents: acc(Deaths, Deaths)},
		{Name: "2 senders, joiner, death", Senders: own(2), Fanouts: 1, Joiners: 1, Repeats: -1, Loops: true, Accidents: acc(Deaths)},
		{Name: "2 senders, expiry, given up", Senders: own(2), Fanouts: 2, Members: 1, Repeats: -1, Loops: true, Accidents: acc(Expiries, GivenUp)},
		{Name: "2 senders, any fault", Senders: own(2), Fanouts: 1, Members: 1, Repeats: -1, Loops: true, Accidents: acc(Losses, Failures, Retries)},
		{Name: "2 senders, late", Senders: own(2), Fanouts: 1, Members: 1, Repeats: -1, Loops: true, Accidents: acc(Late, Deaths)},
		{Name: "unreachable", Senders: own(2), Fanouts: 1, Members: 2, Repeats: -1, Accidents: acc(Unreachables)},
		{Name: "repeat, failures, joiner", Senders: repeat, Fanouts: 1, Joiners: 1, Repeats: -1, Loops: true, Accidents: acc(Failures, Losses)},
		{Name: "late copies", Senders: own(2), Fanouts: 1, Members: 1, Joiners: 1, Repeats: -1, Loops: true, Accidents: acc(LateCopies)},
		{Name: "late copies, stream", Senders: own(2), Large: true, Fanouts: 2, Members: 1, Repeats: -1, Loops: true, Accidents: acc(LateCopies, GivenUp, SizeChanges)},
		{Name: "late copies and death", Senders: own(2), Fanouts: 1, Members: 1, Repeats: -1, Loops: true, Accidents: acc(LateCopies, Deaths)},
		{Name: "late copies and expiry", Senders: own(2), Fanouts: 1, Members: 1, Repeats: -1, Loops: true, Accidents: acc(LateCopies, Expiries)},
		{Name: "1 sender, job", Senders: own(1), Fanouts: 1, Jobs: 1, Members: 1, Repeats: -1, Loops: true, Accidents: acc(Failures, Deaths, Losses, Retries)},
		{Name: "2 senders, job", Senders: own(2), Fanouts: 1, Jobs: 1, Members: 1, Repeats: -1, Loops: true, Accidents: acc(Failures)},
		{Name: "2 senders, job, large", Senders: own(2), Fanouts: 1, Jobs: 1, Members: 1, Repeats: -1, Large: true, Loops: true, Accidents: acc(Failures, SizeChanges)},
		{Name: "2 senders, job, large, fails twice", Senders: own(2), Fanouts: 1, Jobs: 1, Members: 1, Repeats: -1, Large: true, Loops: true, Accidents: acc(Failures, Failures)},
		{Name: "2 senders, jobs twice, large, fails twice", Senders: own(2), Fanouts: 1, Jobs: 2, Members: 1, Repeats: -1, Large: true, Loops: true, Accidents: acc(Failures, Failures, JobsTwice)},
	} {
		begin := time.Now()
		r := Search(c, NoMistake)
		t.Logf("%-40s %9d states %v", c.Name, r.States, time.Since(begin).Round(time.Millisecond))
		if r.Broken != "" {
			t.Errorf("%s: %s\n%s", c.Name, r.Broken, text(r.Trace))
		}
	}
}
