package chattest

import (
	"fmt"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// checkConnection holds what one connection got against history.
func (c *check) checkConnection(conn *Connection) {
	where := "connection " + conn.name
	for _, f := range conn.frames {
		c.checkFrame(where, f)
	}
	if conn.joined == 0 {
		return
	}
	baseline := c.checkJoin(where, conn)
	c.checkPushes(where, conn, baseline)
}

// checkFrame: a frame's entries rise without a gap, are those of history, and lie before any hole.
func (c *check) checkFrame(where string, f frame) {
	for i, e := range f.entries {
		if !c.same(2, where, e) {
			return
		}
		c.noHole(where, e.ID, f.at)
		if i > 0 && e.ID != f.entries[i-1].ID+1 {
			c.report(2, "%s got %d after %d in one frame", where, e.ID, f.entries[i-1].ID)
			return
		}
	}
	if n := len(f.entries); n > 0 {
		c.upToDate(2, where, f.entries, f.entries[n-1].ID)
	}
}

// checkJoin holds the reply to a join against history. It returns the id after which everything must be pushed.
func (c *check) checkJoin(where string, conn *Connection) chat.EntryID {
	p := conn.page
	if conn.after == nil {
		if len(p.Entries) > 0 {
			c.report(5, "%s asked for no entries and got %d", where, len(p.Entries))
		}
		c.noHole(where+" (joined)", p.LastID, conn.joined)
		return p.LastID
	}
	c.checkPage(5, fmt.Sprintf("%s (joined after %d)", where, *conn.after), roomlog.Query{After: conn.after}, p, conn.joined)
	return max(p.LastID, *conn.after)
}

// checkPushes: from the join on everything is pushed, unless the connection ended. In which order is no promise (two
// fan-outs overlap when one was given up for dead), but for what noHole checks.
func (c *check) checkPushes(where string, conn *Connection, baseline chat.EntryID) {
	if conn.ended {
		return
	}
	got := make([]bool, len(c.log)+1)
	for _, f := range conn.frames {
		for _, e := range f.entries {
			if e.ID >= 1 && e.ID <= c.end() {
				got[e.ID] = true
			}
		}
	}
	for id := max(baseline+1, c.first); id <= c.end(); id++ { // what has expired by now may have been too late to push
		if !got[id] {
			c.report(4, "%s is open and never got %d; it joined at %d, the last id is %d", where, id, baseline, c.end())
			return
		}
	}
}

// skipped returns where a view goes on that would show next, before the entry of an index: not above what a page has told.
func (c *check) skipped(v *View, index int, next chat.EntryID) chat.EntryID {
	to := max(next, v.skips[index])
	if to > next && to > c.first {
		c.report(4, "client %s goes on from %d, and no page said that what lies before it has expired", v.name, to)
	}
	return to
}

// checkView: a client shows every entry once, in order.
func (c *check) checkView(v *View) {
	where, promise := "client "+v.name, 4
	if v.returns > 0 {
		promise = 5
	}
	next := v.start + 1
	for i, e := range v.shown {
		next = c.skipped(v, i, next)
		if e.ID != next {
			c.report(4, "%s shows %d where %d belongs", where, e.ID, next)
			return
		}
		c.same(2, where, e)
		next++
	}
	next = c.skipped(v, len(v.shown), next)
	if next > c.end() {
		c.checkFold(v)
		return
	}
	if !v.left {
		c.report(promise, "%s shows nothing past %d, though the last id is %d (came back %d times)", where, next-1, c.end(), v.returns)
	}
}
