package chattest

import (
	"cmp"
	"fmt"
	"slices"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// checkRead holds one page against history.
func (c *check) checkRead(r *Read) {
	if r.ended == 0 {
		return // no answer
	}
	where := fmt.Sprintf("a page (%s)", describe(r.query))
	c.checkPage(2, where, r.query, r.page, r.ended)
}

func describe(q roomlog.Query) string {
	switch {
	case q.After != nil:
		return fmt.Sprint("after ", *q.After)
	case q.Before != nil:
		return fmt.Sprint("before ", *q.Before)
	}
	return "newest"
}

// checkPage: a page has, without gaps, what was asked for, as history has it, and nothing past a hole.
func (c *check) checkPage(promise int, where string, q roomlog.Query, p roomlog.Page, at int) {
	c.noHole(where, p.LastID, at)
	if p.LastID > c.end() {
		c.report(2, "%s says that the last id is %d, but it is %d", where, p.LastID, c.end())
		return
	}
	for i, e := range p.Entries {
		if !c.same(promise, where, e) {
			return
		}
		c.noHole(where, e.ID, at)
		if i > 0 && e.ID != p.Entries[i-1].ID+1 {
			c.report(2, "%s has %d after %d", where, e.ID, p.Entries[i-1].ID)
			return
		}
	}
	c.checkFirst(where, p)
	c.upToDate(promise, where, p.Entries, p.LastID)
	c.checkBounds(promise, where, q, p)
}

// checkBounds: a page begins, or ends, where it was asked to, and says whether there is more.
func (c *check) checkBounds(promise int, where string, q roomlog.Query, p roomlog.Page) {
	if q.After != nil {
		first := max(*q.After+1, p.FirstID)
		more := first <= p.LastID
		if n := len(p.Entries); n > 0 {
			if p.Entries[0].ID != first {
				c.report(promise, "%s begins with %d", where, p.Entries[0].ID)
			}
			more = p.Entries[n-1].ID < p.LastID
		} else if more {
			c.report(promise, "%s is empty, but the last id is %d", where, p.LastID)
		}
		c.checkMore(promise, where, p, more)
		return
	}
	last := p.LastID
	if q.Before != nil {
		last = min(last, *q.Before-1)
	}
	more := last >= max(p.FirstID, 1)
	if n := len(p.Entries); n > 0 {
		if p.Entries[n-1].ID != last {
			c.report(promise, "%s ends with %d, not with %d", where, p.Entries[n-1].ID, last)
		}
		more = p.Entries[0].ID > p.FirstID
	} else if more {
		c.report(promise, "%s is empty, but the last id is %d", where, p.LastID)
	}
	c.checkMore(promise, where, p, more)
}

// checkFirst: what a page leaves out as expired does expire.
func (c *check) checkFirst(where string, p roomlog.Page) {
	switch gone := p.FirstID - 1; {
	case p.FirstID > p.LastID+1:
		c.report(1, "%s says that the first id is %d, and the last %d", where, p.FirstID, p.LastID)
	case gone > 0 && c.log[gone-1].ExpiresAt.IsZero():
		c.report(1, "%s says that %d has expired, which never does", where, gone)
	}
}

// highestFirst returns the highest first id that any page has told.
func (r *Record) highestFirst() (first chat.EntryID) {
	for _, read := range r.reads {
		first = max(first, read.page.FirstID)
	}
	for _, conn := range r.connections {
		first = max(first, conn.page.FirstID)
	}
	return first
}

func (c *check) checkMore(promise int, where string, p roomlog.Page, want bool) {
	if p.More != want {
		c.report(promise, "%s says more: %v, with %d entries and the last id %d", where, p.More, len(p.Entries), p.LastID)
	}
}

// checkReadsInTime: what was acknowledged, or was shown to anybody, before a page was asked for is within its last id.
func (c *check) checkReadsInTime() {
	type known struct {
		at   int
		id   chat.EntryID
		what string
	}
	var all []known
	for _, s := range c.sends {
		if s.acked != nil {
			all = append(all, known{s.ended, s.acked.ID, "was acknowledged"})
		}
	}
	for _, r := range c.reads {
		if r.ended != 0 {
			all = append(all, known{r.ended, r.page.LastID, "was in history"})
		}
	}
	slices.SortFunc(all, func(a, b known) int { return cmp.Compare(a.at, b.at) })
	for _, r := range c.reads {
		if r.ended == 0 {
			continue
		}
		for _, k := range all {
			if k.at > r.begun {
				break
			}
			if k.id > r.page.LastID {
				c.report(1, "%d %s, but a later page ends at %d", k.id, k.what, r.page.LastID)
				break
			}
		}
	}
}
