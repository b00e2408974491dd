package chattest

import (
	"encoding/json"

	"serverlesschat/internal/chat"
)

// Frames makes frames of entries, at most size in each, in an encoding of the tests' own; Entries reads one.
func Frames(size int) func(chat.RoomID, []chat.Entry) [][]byte {
	return func(_ chat.RoomID, entries []chat.Entry) [][]byte {
		var frames [][]byte
		for from := 0; from < len(entries); from += size {
			frame, err := json.Marshal(entries[from:min(from+size, len(entries))])
			if err != nil {
				panic(err) // entries are strings and numbers
			}
			frames = append(frames, frame)
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
