package main

import (
	"slices"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/wire"
)

func TestOrder(t *testing.T) {
	for _, c := range []struct {
		name                     string
		ids                      []int64
		gaps, repeats, disorders int64
	}{
		{"nothing", nil, 0, 0, 0},
		{"as it should be", []int64{1, 2, 3}, 0, 0, 0},
		{"the first is missing", []int64{2, 3}, 1, 0, 0},
		{"one is missing", []int64{1, 2, 4}, 1, 0, 0},
		{"three are missing, twice", []int64{1, 5, 9}, 6, 0, 0},
		{"one comes again", []int64{1, 2, 2, 3, 1}, 0, 2, 0},
		{"one comes late", []int64{1, 3, 2, 4}, 0, 0, 1},
		{"one comes late, and again", []int64{1, 3, 2, 2}, 0, 1, 1},
		{"the first, the last and the middle of those that are missing", []int64{7, 1, 6, 3}, 3, 0, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			var o order
			for _, id := range c.ids {
				o.see(id)
			}
			same := o.gaps() == c.gaps && o.repeats == c.repeats && o.disorders == c.disorders
			if !same || o.entries != int64(len(c.ids)) {
				t.Errorf("got %+v with %d missing, want %d missing, %d repeats, %d disorders",
					o, o.gaps(), c.gaps, c.repeats, c.disorders)
			}
		})
	}
}

// TestIDsOfFrames reads frames as the fan-out makes them.
func TestIDsOfFrames(t *testing.T) {
	entries := backlogEntries("r", 1, 120, 130)
	entries = append(entries, chat.Entry{Room: "r", ID: 121, Kind: chat.KindVoid, CreatedAt: time.Now()})
	var got []int64
	for _, frame := range wire.Messages("r", entries) {
		eachID(frame.Data, func(id int64) { got = append(got, id) })
	}
	if len(got) != 121 || got[0] != 1 || got[120] != 121 || !slices.IsSorted(got) {
		t.Errorf("got %v, want 1 to 121", got)
	}
}

// TestFramesOfTheBacklogAreFull: a frame takes 32 KB, and what is read of the log at once makes whole frames.
func TestFramesOfTheBacklogAreFull(t *testing.T) {
	s, err := readSettings(nil)
	if err != nil {
		t.Fatal(err)
	}
	frames := wire.Messages("backlog", backlogEntries("backlog", 99_001, 99_500, s.contentBytes)) // are read at once
	for _, frame := range frames {
		if len(frame.Data) < 30_000 {
			t.Errorf("a frame has %d bytes, want 30,000 or more", len(frame.Data))
		}
	}
}
