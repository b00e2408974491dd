package streams

// ledger knows which records of a shard are done with. Records enter in the shard's order and are done with in any.
type ledger struct {
	after string // the last record that has left: all up to it are done with
	first int    // ticket of open[0]
	open  []ledgerEntry
}

type ledgerEntry struct {
	number string // sequence number, the engine's own
	done   bool
}

// enter adds the shard's next record and returns its ticket.
func (l *ledger) enter(number string) (ticket int) {
	l.open = append(l.open, ledgerEntry{number: number})
	return l.first + len(l.open) - 1
}

// finish says that a record is done with, once for each ticket.
func (l *ledger) finish(ticket int) {
	l.open[ticket-l.first].done = true
	gone := 0
	for gone < len(l.open) && l.open[gone].done {
		l.after = l.open[gone].number
		gone++
	}
	l.first += gone
	l.open = l.open[gone:]
}

// unfinished is how many records have entered since the first that is not done with, itself included.
func (l *ledger) unfinished() int { return len(l.open) }
