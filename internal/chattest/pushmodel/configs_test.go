package pushmodel

// own returns n sends of messages that nobody else sends.
func own(n int) []Sender { return make([]Sender, n) }

// repeats returns n sends of one message.
func repeats(n int) []Sender {
	all := make([]Sender, n)
	for i := range all {
		all[i] = Sender{Message: 1, Content: 1}
	}
	return all
}

// conflict is two sends of different content under one client_message_id.
func conflict() []Sender { return []Sender{{1, 1}, {1, 2}} }

// and returns all these sends.
func and(a, b []Sender) []Sender { return append(a, b...) }

// with returns accidents, each as often as it is named.
func with(all ...Accident) Accidents {
	m := Accidents{}
	for _, a := range all {
		m[a]++
	}
	return m
}

// alone is direct push alone: nothing comes of the stream, and nothing is left to it.
func alone(s []Sender, members, joiners int, a ...Accident) Config {
	rounds := int8(max(3, len(s)))
	return Config{Senders: s, Members: members, Joiners: joiners, Rounds: rounds, Calm: true, Accidents: with(a...)}
}

// calm is a room in which nothing goes wrong.
func calm(s []Sender, members, joiners int, a ...Accident) Config {
	return Config{Senders: s, Fanouts: 1, Members: members, Joiners: joiners, Calm: true, Accidents: with(a...)}
}

// hurt is a room in which accidents happen.
func hurt(s []Sender, fanouts, jobs, joiners int, a ...Accident) Config {
	members := 1 - joiners
	return Config{Senders: s, Fanouts: fanouts, Jobs: jobs, Members: members, Joiners: joiners, Accidents: with(a...)}
}

func large(c Config) Config {
	c.Large = true
	return c
}

func steps(c Config) Config {
	c.Steps = true
	return c
}

func off(c Config) Config {
	c.NoDirect = true
	return c
}

func named(name string, c Config) Config {
	c.Name = name
	return c
}

// small are configurations of less than 60,000 states each.
func small() []Config {
	unreachable := hurt(own(2), 1, 0, 0, Unreachables)
	unreachable.Members, unreachable.Endless = 2, true
	return []Config{
		named("3 senders, no stream", alone(own(3), 1, 0)),
		named("3 senders, joiner, no stream", alone(own(3), 0, 1)),
		named("2 senders, 2 joiners, no stream", alone(own(2), 1, 2)),
		named("repeat, joiner, no stream", alone(repeats(2), 1, 1)),
		named("conflict, joiner, no stream", alone(conflict(), 1, 1)),
		named("repeat and another, no stream", alone(and(own(1), repeats(2)), 1, 0)),
		named("conflict and another, no stream", alone(and(own(1), conflict()), 1, 0)),
		named("3 senders, retries, no stream", alone(own(3), 1, 0, HeadRetries)),
		named("2 senders, gone, no stream", alone(own(2), 2, 1, Gone)),

		named("2 senders, joiner, sizes", calm(own(2), 0, 1, SizeChanges, SizeChanges)),
		named("3 senders, joiner, large, steps", steps(large(calm(own(3), 1, 1)))),
		named("3 senders, joiner, direct push off", off(calm(own(3), 1, 1, SizeChanges, SizeChanges))),

		named("2 senders, joiner, deaths", hurt(own(2), 1, 0, 1, Deaths, Deaths)),
		named("2 senders, joiner, expiry", hurt(own(2), 1, 0, 1, Expiries)),
		named("2 senders, late, death", hurt(own(2), 1, 0, 0, Late, Deaths)),
		named("repeat, late, death", hurt(repeats(2), 1, 0, 0, Late, Deaths)),
		named("2 senders, faults", hurt(own(2), 1, 0, 0, Losses, Failures)),
		named("2 senders, unreachable", unreachable),

		named("1 sender, job, faults", hurt(own(1), 1, 1, 0, Failures, Deaths, Losses)),
		named("2 senders, job, large, failures", large(hurt(own(2), 1, 1, 0, Failures, Failures, Passings))),
		named("2 senders, job, direct push off", off(hurt(own(2), 1, 1, 0, Failures, Losses, Deaths))),
	}
}

// ordinary are searched in every run too, but with the race detector: less than a million states each, of which a
// search visits about a million a second.
func ordinary() []Config {
	return []Config{
		named("4 senders, no stream", alone(own(4), 1, 0)),
		named("3 senders", calm(own(3), 1, 0)),
		named("2 senders, joiner, gone", calm(own(2), 1, 1, Gone)),
		named("3 senders, sizes", calm(own(3), 1, 0, SizeChanges)),
		named("3 senders, death", hurt(own(3), 1, 0, 0, Deaths)),
		named("2 senders, expiry, given up", hurt(own(2), 2, 0, 0, Expiries, GivenUp)),
		named("2 senders, retries", hurt(own(2), 1, 0, 0, Retries, Retries)),
		named("2 senders, late copy, expiry", hurt(own(2), 1, 0, 0, LateCopies, Expiries)),
		named("repeat, joiner, failure", hurt(repeats(2), 1, 0, 1, Failures)),
		named("2 senders, job, large, steps", steps(large(hurt(own(2), 1, 1, 0, Failures, Losses, TimesUp)))),
		named("2 senders, job twice, large", large(hurt(own(2), 1, 2, 0, Failures, Failures, JobsTwice))),
	}
}

// larger are searched when there is time. Those with the most states, some 20 million, come last.
func larger() []Config {
	all := []Config{
		named("3 senders, deaths", hurt(own(3), 1, 0, 0, Deaths, Deaths)),
		named("repeat, joiner, faults", hurt(repeats(2), 1, 0, 1, Failures, Losses, Late)),
		named("conflict, joiner, faults", hurt(conflict(), 1, 0, 1, Failures, Losses)),
		named("2 senders, joiner, late copy", hurt(own(2), 1, 0, 1, LateCopies, Expiries)),
		named("2 repeats and another, no stream", alone(and(own(1), repeats(3)), 1, 0)),
		named("2 senders, late copy, given up", large(hurt(own(2), 2, 0, 0, LateCopies, GivenUp, SizeChanges))),
		named("2 senders, job, given up", large(hurt(own(2), 2, 1, 0, Failures, Failures, GivenUp, Passings))),
		named("2 senders, any fault, death", hurt(own(2), 1, 0, 0, Deaths, Losses, Failures, Retries)),
		named("4 senders, joiner, no stream", alone(own(4), 0, 1)),
		named("2 senders, jobs, direct push off", off(hurt(own(2), 2, 2, 0, Failures, Losses, GivenUp, JobsTwice))),
		named("conflict and 2 others, no stream", alone(and(own(2), conflict()), 1, 0)),
		named("3 senders, joiner, sizes", calm(own(3), 0, 1, SizeChanges)),
		named("3 senders, joiner, death", hurt(own(3), 1, 0, 1, Deaths)),
		named("3 senders, faults", hurt(own(3), 1, 0, 0, Losses, Failures)),
		named("2 senders, joiner, given up, death", hurt(own(2), 2, 0, 1, Expiries, GivenUp, Deaths)),
		named("2 senders, job twice, sizes",
			steps(large(hurt(own(2), 1, 2, 0, Failures, Losses, JobsTwice, SizeChanges)))),
		named("4 senders", calm(own(4), 1, 0)),
		named("5 senders, no stream", alone(own(5), 1, 0)),
	}
	for i := range all {
		all[i].Endless = true
	}
	return all
}
