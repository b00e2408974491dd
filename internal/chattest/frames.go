package chattest

import (
	"encoding/json"
	"slices"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
)

// Frames makes frames of entries, at most size in each, in an encoding of the tests' own; Entries reads one.
func Frames(size int) fanout.FramesFunc {
	return func(_ chat.RoomID, entries []chat.Entry) []fanout.Frame {
		var frames []fanout.Frame
		for part := range slices.Chunk(entries, size) {
			data, err := json.Marshal(part)
			if err != nil {
				panic(err) // entries are strings and numbers
			}
			frames = append(frames, fanout.Frame{Entries: part, Data: data})
		}
		return frames
	}
}

// Entries returns the entries of a frame that Frames made.
func Entries(frame []byte) []chat.Entry {
	var entries []chat.Entry
	if err := json.Unmarshal(frame, &entries); err != nil {
		panic(err)
	}
	return entries
}
