package chattest

import (
	"fmt"
	"slices"
	"strings"

	"serverlesschat/internal/chat"
)

// Violation is a promise that was not kept.
type Violation struct {
	Promise int
	What    string
}

// String returns the number and what was seen.
func (v Violation) String() string { return fmt.Sprintf("promise %d: %s", v.Promise, v.What) }

// Violations are what a check found.
type Violations []Violation

// String returns one line for each, the first twenty.
func (v Violations) String() string {
	const limit = 20
	var b strings.Builder
	for i, one := range v {
		if i == limit {
			fmt.Fprintf(&b, "… and %d more\n", len(v)-limit)
			break
		}
		fmt.Fprintln(&b, one)
	}
	return b.String()
}

// Promises returns the numbers of the promises that were not kept, each once, rising.
func (v Violations) Promises() []int {
	var all []int
	for _, one := range v {
		all = append(all, one.Promise)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Check holds what was seen against the promises. log is all of the room's history, read when nothing was under way any
// more: all invocations had ended, everything had been pushed and had arrived.
func (r *Record) Check(log []chat.Entry) Violations {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := &check{Record: r, log: log, first: r.highestFirst()}
	c.checkLog()
	c.indexPlaces()
	c.indexChanges()
	c.checkSends()
	c.checkStored()
	for _, read := range r.reads {
		c.checkRead(read)
	}
	c.checkReadsInTime()
	for _, connection := range r.connections {
		c.checkConnection(connection)
	}
	for _, view := range r.views {
		c.checkView(view)
	}
	return c.found
}

type check struct {
	*Record
	log   []chat.Entry
	found Violations
	// placedBy has, for each id, when the last of the places up to it began to be filled; nil when nobody reported it.
	placedBy []int
	changes  map[chat.EntryID][]chat.Entry // by target
	first    chat.EntryID                  // the highest first id that any page has told
}

func (c *check) report(promise int, format string, args ...any) {
	c.found = append(c.found, Violation{promise, fmt.Sprintf(format, args...)})
}

// end is the last id of the room.
func (c *check) end() chat.EntryID { return chat.EntryID(len(c.log)) }

// checkLog: ids are 1, 2, 3 …
func (c *check) checkLog() {
	for i, e := range c.log {
		if want := chat.EntryID(i + 1); e.ID != want {
			c.report(2, "history has %d where %d belongs", e.ID, want)
			c.log = c.log[:i]
			return
		}
		if e.Room != c.room {
			c.report(2, "history has an entry of another room: %+v", e)
		}
		if e.IsVoid() && (e.User != "" || e.ClientMessageID != "" || e.Content != "" || e.Target != 0) {
			c.report(2, "a void holds something: %+v", e)
		}
	}
}

// same checks that an entry that was seen somewhere is the one that history has, or was it before it was changed. It
// reports whether it is.
func (c *check) same(promise int, where string, e chat.Entry) bool {
	if e.ID < 1 || e.ID > c.end() {
		c.report(promise, "%s has entry %d, history has none (%+v)", where, e.ID, e)
		return false
	}
	if stored := c.log[e.ID-1]; !sameShown(c.asNow(e), stored) {
		c.report(promise, "%s has %+v, history has %+v", where, e, stored)
		return false
	}
	return true
}

// indexPlaces prepares noHole.
func (c *check) indexPlaces() {
	if len(c.places) == 0 {
		return
	}
	c.placedBy = make([]int, len(c.log)+1)
	for _, p := range c.places {
		switch {
		case !p.stored:
		case p.entry.ID < 1 || p.entry.ID > c.end():
			// This is the end of the log, after an id that nobody placed. That id is not shown, and was acknowledged to
			// nobody: the checks of sends look at that.
		case c.placedBy[p.entry.ID] != 0:
			c.report(2, "place %d was filled twice", p.entry.ID)
		default:
			c.placedBy[p.entry.ID] = p.begun
		}
	}
	for id := 1; id < len(c.placedBy); id++ {
		if c.placedBy[id] == 0 {
			c.report(2, "history has %d, which nobody placed", id)
		}
		c.placedBy[id] = max(c.placedBy[id], c.placedBy[id-1])
	}
}

// noHole checks that all places up to id had been filled, or were being filled, at the time when it was shown.
func (c *check) noHole(where string, id chat.EntryID, at int) {
	if id >= 1 && int(id) < len(c.placedBy) && c.placedBy[id] > at {
		c.report(2, "%s has %d while a place below it was a hole", where, id)
	}
}
