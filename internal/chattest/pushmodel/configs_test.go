package pushmodel

// own returns n sends of messages that nobody else sends.
func own(n int) []Sender { return make([]Sender, n) }

// repeated is a send and its repeat; conflicting are two sends of different content under one client_message_id.
func repeated() []Sender    { return []Sender{{1, 1}, {1, 1}} }
func conflicting() []Sender { return []Sender{{1, 1}, {1, 2}} }

// with returns accidents, each as often as it is named.
func with(all ...Accident) Accidents {
	m := Accidents{}
	for _, a := range all {
		m[a]++
	}
	return m
}

// anyRepeats is the Repeats of configurations in which something goes wrong.
const anyRepeats = -1

// small are configurations of less than 60,000 states each.
func small() []Config {
	return []Config{
		// Direct push alone: nothing comes of the stream.
		{Name: "3 senders, no stream", Senders: own(3), Members: 1, Calm: true, Loops: true},
		{Name: "3 senders, joiner, no stream", Senders: own(3), Joiners: 1, Calm: true, Loops: true},
		{Name: "2 senders, 2 joiners, no stream", Senders: own(2), Members: 1, Joiners: 2, Calm: true, Loops: true},
		{Name: "repeat, joiner, no stream", Senders: repeated(), Members: 1, Joiners: 1, Calm: true, Loops: true},
		{Name: "conflict, joiner, no stream", Senders: conflicting(), Members: 1, Joiners: 1, Calm: true, Loops: true},
		{Name: "repeat and another, no stream", Senders: append(own(1), repeated()...), Members: 1, Calm: true, Loops: true},
		{Name: "conflict and another, no stream", Senders: append(own(1), conflicting()...), Members: 1, Calm: true, Loops: true},
		{Name: "3 senders, retries, no stream", Senders: own(3), Members: 1, Calm: true, Loops: true, Accidents: with(HeadRetries)},
		{Name: "2 senders, gone, no stream", Senders: own(2), Members: 2, Joiners: 1, Calm: true, Loops: true, Accidents: with(Gone)},

		// With the stream.
		{Name: "2 senders, joiner, sizes", Senders: own(2), Fanouts: 1, Joiners: 1, Calm: true, Loops: true, Accidents: with(SizeChanges, SizeChanges)},
		{Name: "3 senders, joiner, large, steps", Senders: own(3), Fanouts: 1, Members: 1, Joiners: 1, Large: true, Steps: true, Calm: true, Loops: true},
		{Name: "3 senders, joiner, direct push off", Senders: own(3), Fanouts: 1, NoDirect: true, Members: 1, Joiners: 1, Calm: true, Loops: true,
			Accidents: with(SizeChanges, SizeChanges)},

		// Accidents.
		{Name: "2 senders, joiner, deaths", Senders: own(2), Fanouts: 1, Joiners: 1, Repeats: anyRepeats, Loops: true, Accidents: with(Deaths, Deaths)},
		{Name: "2 senders, joiner, expiry", Senders: own(2), Fanouts: 1, Joiners: 1, Repeats: anyRepeats, Loops: true, Accidents: with(Expiries)},
		{Name: "2 senders, late, death", Senders: own(2), Fanouts: 1, Members: 1, Repeats: anyRepeats, Loops: true, Accidents: with(Late, Deaths)},
		{Name: "repeat, late", Senders: repeated(), Fanouts: 1, Members: 1, Repeats: anyRepeats, Loops: true, Accidents: with(Late, Deaths)},
		{Name: "2 senders, faults", Senders: own(2), Fanouts: 1, Members: 1, Repeats: anyRepeats, Loops: true, Accidents: with(Losses, Failures)},
		{Name: "unreachable", Senders: own(2), Fanouts: 1, Members: 2, Repeats: anyRepeats, Accidents: with(Unreachables)},

		// The queue.
		{Name: "1 sender, job, faults", Senders: own(1), Fanouts: 1, Jobs: 1, Members: 1, Repeats: anyRepeats, Loops: true,
			Accidents: with(Failures, Deaths, Losses)},
		{Name: "2 senders, job, large, failures", Senders: own(2), Fanouts: 1, Jobs: 1, Members: 1, Large: true, Repeats: anyRepeats, Loops: true,
			Accidents: with(Failures, Failures, Passings)},
		{Name: "2 senders, job, direct push off", Senders: own(2), Fanouts: 1, Jobs: 1, NoDirect: true, Members: 1, Repeats: anyRepeats, Loops: true,
			Accidents: with(Failures, Losses, Deaths)},
	}
}

// ordinary are searched in every run too, but with the race detector: less than a million states each, of which a
// search visits about a million a second.
func ordinary() []Config {
	return []Config{
		{Name: "4 senders, 4 rounds, no stream", Senders: own(4), Rounds: 4, Members: 1, Calm: true, Loops: true},
		{Name: "3 senders", Senders: own(3), Fanouts: 1, Members: 1, Calm: true, Loops: true},
		{Name: "2 senders, joiner, gone", Senders: own(2), Fanouts: 1, Members: 1, Joiners: 1, Calm: true, Loops: true, Accidents: with(Gone)},
		{Name: "3 senders, sizes", Senders: own(3), Fanouts: 1, Members: 1, Calm: true, Accidents: with(SizeChanges)},
		{Name: "3 senders, death", Senders: own(3), Fanouts: 1, Members: 1, Repeats: anyRepeats, Loops: true, Accidents: with(Deaths)},
		{Name: "2 senders, expiry, given up", Senders: own(2), Fanouts: 2, Members: 1, Repeats: anyRepeats, Loops: true, Accidents: with(Expiries, GivenUp)},
		{Name: "2 senders, retries", Senders: own(2), Fanouts: 1, Members: 1, Repeats: anyRepeats, Loops: true, Accidents: with(Retries, Retries)},
		{Name: "2 senders, late copy", Senders: own(2), Fanouts: 1, Members: 1, Repeats: anyRepeats, Loops: true, Accidents: with(LateCopies, Expiries)},
		{Name: "repeat, joiner, failure", Senders: repeated(), Fanouts: 1, Joiners: 1, Repeats: anyRepeats, Loops: true, Accidents: with(Failures)},
		{Name: "2 senders, job, large, steps", Senders: own(2), Fanouts: 1, Jobs: 1, Members: 1, Large: true, Steps: true, Repeats: anyRepeats, Loops: true,
			Accidents: with(Failures, Losses, TimesUp)},
		{Name: "2 senders, job twice", Senders: own(2), Fanouts: 1, Jobs: 2, Members: 1, Large: true, Repeats: anyRepeats,
			Accidents: with(Failures, Failures, JobsTwice)},
	}
}

// larger are searched when there is time, the largest last.
func larger() []Config {
	return []Config{
		{Name: "3 senders, deaths", Senders: own(3), Fanouts: 1, Members: 1, Repeats: anyRepeats, Accidents: with(Deaths, Deaths)},
		{Name: "repeat, joiner, faults", Senders: repeated(), Fanouts: 1, Joiners: 1, Repeats: anyRepeats, Accidents: with(Failures, Losses, Late)},
		{Name: "conflict, joiner, faults", Senders: conflicting(), Fanouts: 1, Joiners: 1, Repeats: anyRepeats, Accidents: with(Failures, Losses)},
		{Name: "2 senders, joiner, late copy", Senders: own(2), Fanouts: 1, Joiners: 1, Repeats: anyRepeats, Accidents: with(LateCopies, Expiries)},
		{Name: "2 repeats and another, no stream", Senders: append(own(1), Sender{1, 1}, Sender{1, 1}, Sender{1, 1}), Rounds: 4, Members: 1, Calm: true},
		{Name: "2 senders, late copy, given up", Senders: own(2), Fanouts: 2, Members: 1, Large: true, Repeats: anyRepeats,
			Accidents: with(LateCopies, GivenUp, SizeChanges)},
		{Name: "2 senders, job, given up", Senders: own(2), Fanouts: 2, Jobs: 1, Members: 1, Large: true, Repeats: anyRepeats,
			Accidents: with(Failures, Failures, GivenUp, Passings)},
		{Name: "2 senders, any accident", Senders: own(2), Fanouts: 1, Members: 1, Repeats: anyRepeats,
			Accidents: with(Deaths, Losses, Failures, Retries)},
		{Name: "4 senders, joiner, no stream", Senders: own(4), Rounds: 4, Joiners: 1, Calm: true},
		{Name: "2 senders, jobs, direct push off", Senders: own(2), Fanouts: 2, Jobs: 2, NoDirect: true, Members: 1, Repeats: anyRepeats,
			Accidents: with(Failures, Losses, GivenUp, JobsTwice)},
		{Name: "conflict and 2 others, no stream", Senders: append(own(2), conflicting()...), Rounds: 4, Members: 1, Calm: true},
		{Name: "3 senders, joiner, sizes", Senders: own(3), Fanouts: 1, Joiners: 1, Calm: true, Accidents: with(SizeChanges)},
		{Name: "3 senders, joiner, death", Senders: own(3), Fanouts: 1, Joiners: 1, Repeats: anyRepeats, Accidents: with(Deaths)},
		{Name: "3 senders, faults", Senders: own(3), Fanouts: 1, Members: 1, Repeats: anyRepeats, Accidents: with(Losses, Failures)},
		{Name: "2 senders, joiner, given up", Senders: own(2), Fanouts: 2, Joiners: 1, Repeats: anyRepeats, Accidents: with(Expiries, GivenUp, Deaths)},
		{Name: "2 senders, job twice, sizes", Senders: own(2), Fanouts: 1, Jobs: 2, Members: 1, Large: true, Steps: true, Repeats: anyRepeats,
			Accidents: with(Failures, Losses, JobsTwice, SizeChanges)},
		{Name: "4 senders", Senders: own(4), Fanouts: 1, Members: 1, Calm: true},
		{Name: "5 senders, no stream", Senders: own(5), Rounds: 5, Members: 1, Calm: true},
	}
}
