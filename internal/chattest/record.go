package chattest

import (
	"sync"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// Record keeps what was seen of one room. It is safe for concurrent use.
//
// It keeps the order of the reports. If the end of one thing is reported before the beginning of another, the first
// happened before the second. Nothing else is concluded from time, so what runs side by side is never a mistake.
type Record struct {
	room chat.RoomID

	mu          sync.Mutex
	clock       int // counts the reports
	sends       []*Send
	reads       []*Read
	connections []*Connection
	views       []*View
	places      []*Placing
}

// NewRecord makes a Record for a room of which nothing was seen yet.
func NewRecord(room chat.RoomID) *Record { return &Record{room: room} }

// update runs f under the lock, with the time of what it records.
func (r *Record) update(f func(now int)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock++
	f(r.clock)
}

// Send is a message that was sent once; a repeat is another Send.
type Send struct {
	record  *Record
	entry   chat.NewEntry
	begun   int
	ended   int         // 0 while there is no answer
	acked   *chat.Entry // nil if it was not acknowledged
	refused chat.Code   // "" if it was not refused
	writes  int         // of a refused one; unknownWrites when nobody could count them
}

const unknownWrites = -1

// Sending records that a message is about to be sent. A Send of which nothing more is recorded had no answer: it may be
// stored or not.
func (r *Record) Sending(e chat.NewEntry) *Send {
	s := &Send{record: r, entry: e}
	r.update(func(now int) {
		s.begun = now
		r.sends = append(r.sends, s)
	})
	return s
}

// Acked records that the message was acknowledged as stored.
func (s *Send) Acked(e chat.Entry) { s.record.update(func(now int) { s.ended, s.acked = now, &e }) }

// Refused records that the message was refused, for good, with that code.
func (s *Send) Refused(code chat.Code) { s.RefusedAfter(code, unknownWrites) }

// RefusedAfter is Refused for a caller that has counted the writes to the store.
func (s *Send) RefusedAfter(code chat.Code, writes int) {
	s.record.update(func(now int) { s.ended, s.refused, s.writes = now, code, writes })
}

// Read is a page of history, or the reply to a sync.
type Read struct {
	record *Record
	query  roomlog.Query
	begun  int
	ended  int // 0 while there is no page
	page   roomlog.Page
}

// Reading records that a page is about to be asked for. It must hold what was acknowledged before.
func (r *Record) Reading(q roomlog.Query) *Read {
	read := &Read{record: r, query: q}
	r.update(func(now int) {
		read.begun = now
		r.reads = append(r.reads, read)
	})
	return read
}

// Got records the page.
func (r *Read) Got(p roomlog.Page) { r.record.update(func(now int) { r.ended, r.page = now, p }) }

// Connection is an open connection, as its client sees it.
type Connection struct {
	record *Record
	name   string
	frames []frame
	joined int // when the first reply to a join was recorded; 0 if there was none
	after  *chat.EntryID
	page   roomlog.Page
	ended  bool
}

// frame is a push.
type frame struct {
	at      int
	entries []chat.Entry
}

// Connected records that a connection was opened. The name is for violations.
func (r *Record) Connected(name string) *Connection {
	c := &Connection{record: r, name: name}
	r.update(func(int) { r.connections = append(r.connections, c) })
	return c
}

// Joined records the reply to the join of the room; after is what was asked for, nil for nothing. Only the first
// counts.
func (c *Connection) Joined(after *chat.EntryID, p roomlog.Page) {
	c.record.update(func(now int) {
		if c.joined == 0 {
			c.joined, c.after, c.page = now, after, p
		}
	})
}

// Pushed records a frame of entries that nobody asked for.
func (c *Connection) Pushed(entries []chat.Entry) {
	c.record.update(func(now int) { c.frames = append(c.frames, frame{now, entries}) })
}

// Ended records that the connection is closed, or lost.
func (c *Connection) Ended() { c.record.update(func(int) { c.ended = true }) }

// View is what one client shows of the room, over all its connections.
type View struct {
	record  *Record
	name    string
	start   chat.EntryID // it shows what comes after
	shown   []chat.Entry
	skips   map[int]chat.EntryID // before the entry of this index it went on from the id
	returns int                  // how often it came back after a lost connection
	left    bool
}

// Viewing records that a client begins to show what comes after the id. The name is for violations.
func (r *Record) Viewing(name string, after chat.EntryID) *View {
	v := &View{record: r, name: name, start: after}
	r.update(func(int) { r.views = append(r.views, v) })
	return v
}

// Shown records that the client shows the entry.
func (v *View) Shown(e chat.Entry) { v.record.update(func(int) { v.shown = append(v.shown, e) }) }

// Skipped records that the client goes on from the id, as what lies before it has expired.
func (v *View) Skipped(to chat.EntryID) {
	v.record.update(func(int) {
		if v.skips == nil {
			v.skips = map[int]chat.EntryID{}
		}
		v.skips[len(v.shown)] = to
	})
}

// Returned records that the client came back after a lost connection.
func (v *View) Returned() { v.record.update(func(int) { v.returns++ }) }

// Left records that the client is gone for good: it need not have shown everything.
func (v *View) Left() { v.record.update(func(int) { v.left = true }) }

// Placing is a call that puts an entry at its place.
type Placing struct {
	record *Record
	entry  chat.Entry
	begun  int
	stored bool
}

// Placing records that an entry is about to be placed. It is for a caller that sees the store from within. A place that
// is filled only after an entry past it was shown was a hole then.
func (r *Record) Placing(e chat.Entry) *Placing {
	p := &Placing{record: r, entry: e}
	r.update(func(now int) {
		p.begun = now
		r.places = append(r.places, p)
	})
	return p
}

// Stored records that this call filled the place.
func (p *Placing) Stored() { p.record.update(func(int) { p.stored = true }) }
