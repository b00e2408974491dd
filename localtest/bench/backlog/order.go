package main

import (
	"bytes"
	"slices"
)

// order looks at the ids that a member gets: each once, from 1 on, one after the other.
type order struct {
	last      int64
	entries   int64 // all that came, repeats too
	repeats   int64
	disorders int64  // came later than an entry after them
	missing   []span // below last, rising
}

// span is the ids from first to last.
type span struct{ first, last int64 }

func (o *order) see(id int64) {
	o.entries++
	switch {
	case id > o.last:
		if id > o.last+1 {
			o.missing = append(o.missing, span{o.last + 1, id - 1})
		}
		o.last = id
	case o.found(id):
		o.disorders++
	default:
		o.repeats++
	}
}

// found takes an id out of those that are missing, and reports whether it was among them.
func (o *order) found(id int64) bool {
	for i, s := range o.missing {
		if s.first <= id && id <= s.last {
			var rest []span
			if s.first < id {
				rest = append(rest, span{s.first, id - 1})
			}
			if id < s.last {
				rest = append(rest, span{id + 1, s.last})
			}
			o.missing = slices.Replace(o.missing, i, i+1, rest...)
			return true
		}
	}
	return false
}

// gaps returns how many ids are missing below the last one.
func (o *order) gaps() (n int64) {
	for _, s := range o.missing {
		n += s.last - s.first + 1
	}
	return n
}

var entryStart = []byte(`{"id":`)

// eachID calls do with the id of each entry in a frame, in order. An entry begins with its id. No content has what an
// entry begins with. To decode two thousand members' frames would take more time than all else.
func eachID(frame []byte, do func(int64)) {
	for {
		at := bytes.Index(frame, entryStart)
		if at < 0 {
			return
		}
		frame = frame[at+len(entryStart):]
		id := int64(0)
		for len(frame) > 0 && '0' <= frame[0] && frame[0] <= '9' {
			id = id*10 + int64(frame[0]-'0')
			frame = frame[1:]
		}
		do(id)
	}
}
