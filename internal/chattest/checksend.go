package chattest

import (
	"slices"
	"strings"

	"serverlesschat/internal/chat"
)

// key is what is stored once.
type key struct {
	user chat.UserID
	id   chat.ClientMessageID
}

func keyOf(d chat.NewEntry) key { return key{d.ClaimOwner(), d.ClientMessageID} }

// checkSends holds the answers to what was sent against history and against each other.
func (c *check) checkSends() {
	first := map[key]*Send{}
	for _, s := range c.sends {
		switch {
		case s.acked != nil:
			c.checkAck(s)
			if other := first[keyOf(s.entry)]; other == nil {
				first[keyOf(s.entry)] = s
			} else if other.acked.ID != s.acked.ID {
				c.report(3, "%q of %s has the ids %d and %d", s.entry.ClientMessageID, s.entry.User, other.acked.ID, s.acked.ID)
			}
		case s.refused != "":
			c.checkRefusal(s)
		}
	}
}

// checkAck: it shows what was sent, and what is in history.
func (c *check) checkAck(s *Send) {
	e, d := *s.acked, s.entry
	if was := newEntry(d.Room, e); d != was && !(isChanged(e) && d == withContent(was, d.Content)) {
		c.report(3, "%+v was acknowledged as %+v", d, e)
	}
	c.same(1, "an ack", e)
}

// isChanged reports whether the content of an entry may have changed since it was sent.
func isChanged(e chat.Entry) bool {
	return e.UpdatedID > 0 || e.Kind == chat.KindEdit && e.Content == ""
}

func withContent(e chat.NewEntry, content string) chat.NewEntry {
	e.Content = content
	return e
}

// newEntry returns what was sent to the room when e was stored.
func newEntry(room chat.RoomID, e chat.Entry) chat.NewEntry {
	return chat.NewEntry{
		Room: room, Kind: e.Kind, User: e.User, ClientMessageID: e.ClientMessageID, Content: e.Content, Target: e.Target,
		Reaction: e.Reaction, Remove: e.Remove, Subject: e.Subject, Change: e.Change, Role: e.Role,
	}
}

// besideTwin reports whether a change was sent while another copy of it was under way. Both are judged by the message that
// they are about, and what others do to that in between may part them: one is stored, and the other is refused and changes
// nothing.
func (c *check) besideTwin(s *Send) bool {
	if !(chat.Entry{Kind: s.entry.Kind}).IsChange() {
		return false
	}
	return slices.ContainsFunc(c.sends, func(twin *Send) bool {
		return twin != s && twin.entry == s.entry && twin.begun < s.ended && (twin.ended == 0 || twin.ended > s.begun)
	})
}

// checkRefusal: what was refused was not written. There is one exception: of two contents under one id that are sent at
// the same time, the later one may have written.
func (c *check) checkRefusal(s *Send) {
	raced := false
	for _, other := range c.sends {
		if keyOf(other.entry) != keyOf(s.entry) {
			continue
		}
		switch {
		case other.entry == s.entry && other.acked != nil && !c.besideTwin(s):
			c.report(3, "%+v was refused with %s, and acknowledged as %d", s.entry, s.refused, other.acked.ID)
		case other.entry != s.entry && s.refused == chat.CodeConflict && other.begun < s.ended:
			raced = true
		}
	}
	if s.refused == chat.CodeConflict && !raced {
		c.report(3, "%+v was refused, but no other content was ever sent under its id", s.entry)
	}
	if s.writes > 0 && (!raced || c.settledBefore(s)) {
		c.report(7, "%+v was refused with %s after %d writes", s.entry, s.refused, s.writes)
	}
}

// settledBefore reports whether other content was acknowledged under the same id before s was sent: then there is no
// race.
func (c *check) settledBefore(s *Send) bool {
	for _, other := range c.sends {
		if keyOf(other.entry) == keyOf(s.entry) && other.entry != s.entry && other.acked != nil && other.ended < s.begun {
			return true
		}
	}
	return false
}

// isOfServer reports whether the server has written e by itself.
func isOfServer(e chat.Entry) bool {
	return e.Kind == chat.KindMember && strings.HasPrefix(string(e.ClientMessageID), "!")
}

// checkStored: history holds nothing that nobody sent, nothing that was only ever refused, and nothing twice.
func (c *check) checkStored() {
	pending := map[chat.NewEntry]bool{} // whether a send was acknowledged or had no answer; false when all were refused
	for _, s := range c.sends {
		pending[s.entry] = pending[s.entry] || s.refused == ""
	}
	ids := map[key]chat.EntryID{}
	for _, e := range c.log {
		if e.IsVoid() {
			continue
		}
		d := c.asSent(e)
		if wanted, sent := pending[d]; !sent && !isOfServer(e) {
			c.report(7, "history has %+v, which nobody sent", e)
		} else if sent && !wanted {
			c.report(7, "history has %+v, which was refused", e)
		}
		if other, twice := ids[keyOf(d)]; twice {
			c.report(3, "%q of %s is stored at %d and at %d", d.ClientMessageID, d.User, other, e.ID)
		}
		ids[keyOf(d)] = e.ID
	}
}

// asSent returns what e was stored from, with the content that it had before it was changed.
func (c *check) asSent(e chat.Entry) chat.NewEntry {
	d := newEntry(e.Room, e)
	if !isChanged(e) {
		return d
	}
	for _, s := range c.sends {
		if d == withContent(s.entry, d.Content) && s.refused == "" {
			return s.entry
		}
	}
	return d
}
