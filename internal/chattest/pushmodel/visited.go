package pushmodel

import "math/bits"

// visited is the set of the states that a search has seen, in the order in which it saw them. Of each it keeps 64 bits:
// that among 10 million states two have the same ones has a probability of about 3 in a million. It keeps from which
// state each was reached first too.
type visited struct {
	prints  []uint64
	parents []uint32
	slots   []uint32 // index in prints plus 1, by the print
}

func newVisited() *visited { return &visited{slots: make([]uint32, 1<<12)} }

// add adds a fingerprint. It returns its index, and reports whether it is new.
func (v *visited) add(fingerprint uint64, parent uint32) (index uint32, isNew bool) {
	if len(v.prints)*2 >= len(v.slots) {
		v.grow()
	}
	mask := uint64(len(v.slots) - 1)
	for at := fingerprint & mask; ; at = (at + 1) & mask {
		k := v.slots[at]
		if k == 0 {
			v.prints, v.parents = append(v.prints, fingerprint), append(v.parents, parent)
			v.slots[at] = uint32(len(v.prints))
			return uint32(len(v.prints)) - 1, true
		}
		if v.prints[k-1] == fingerprint {
			return k - 1, false
		}
	}
}

func (v *visited) grow() {
	v.slots = make([]uint32, 2*len(v.slots))
	mask := uint64(len(v.slots) - 1)
	for k, fingerprint := range v.prints {
		at := fingerprint & mask
		for v.slots[at] != 0 {
			at = (at + 1) & mask
		}
		v.slots[at] = uint32(k) + 1
	}
}

// way returns the prints from the first state to the one with an index.
func (v *visited) way(index uint32) (prints []uint64) {
	for ; index > 0; index = v.parents[index] {
		prints = append(prints, v.prints[index])
	}
	return prints // the last one first
}

// fingerprint mixes words to 64 bits.
func fingerprint(words []uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, w := range words {
		hi, lo := bits.Mul64(h^w, 0xd6e8feb86659fd93)
		h = hi ^ lo ^ bits.RotateLeft64(h, 29)
	}
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}
