package chattest

import (
	"slices"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fold"
)

// Views are equal: whoever has read the log up to the same id sees the same, by whichever way it came.

// indexChanges prepares asNow and upToDate. Into what history shows, no change has still to be folded.
func (c *check) indexChanges() {
	c.changes = map[chat.EntryID][]chat.Entry{}
	for _, e := range c.log {
		if e.IsChange() {
			c.changes[e.Target] = append(c.changes[e.Target], e)
		}
	}
	c.upToDate(2, "history", c.log, c.end())
}

// asNow returns a copy of an entry as it is when all of the log is folded into it.
func (c *check) asNow(e chat.Entry) chat.Entry {
	if e.Kind == chat.KindEdit && c.log[e.ID-1].Content == "" {
		e.Content = "" // it has gone with its message
	}
	for _, change := range c.changes[e.ID] {
		fold.Into(&e, change)
	}
	return e
}

// sameShown reports whether two entries are shown alike.
func sameShown(a, b chat.Entry) bool {
	a.Edits, b.Edits = nil, nil
	a.ExpiresAt, b.ExpiresAt = time.Time{}, time.Time{}
	return a.Equal(b)
}

// upToDate checks that entries are shown with all that the log says of them up to an id: messages as they are then, and
// no content of what is deleted.
func (c *check) upToDate(promise int, where string, entries []chat.Entry, last chat.EntryID) {
	for _, e := range entries {
		m := e
		for _, change := range c.changes[e.ID] {
			if change.ID <= last && fold.Into(&m, change) {
				c.report(promise, "%s, which goes up to %d, has %+v without %+v", where, last, e, change)
				return
			}
		}
		if e.Kind == chat.KindEdit && e.Content != "" && c.deletedBy(e.Target, last) {
			c.report(promise, "%s, which goes up to %d, has %+v, and its message is deleted", where, last, e)
			return
		}
	}
}

func (c *check) deletedBy(target, last chat.EntryID) bool {
	return slices.ContainsFunc(c.changes[target], func(e chat.Entry) bool {
		return e.Kind == chat.KindDelete && e.ID <= last
	})
}

// checkFold: what a client makes of all that it has shown is what history shows.
func (c *check) checkFold(v *View) {
	view := fold.NewView()
	for _, e := range v.shown {
		view.Add(e)
	}
	for _, m := range view.Messages() {
		if !sameShown(m, c.log[m.ID-1]) {
			c.report(2, "client %s has made %+v of what history shows as %+v", v.name, m, c.log[m.ID-1])
			return
		}
	}
}
