package wire_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/wire"
)

func TestMessagesFrame(t *testing.T) {
	frames := wire.Messages("general", []chat.Entry{message(), void()})
	if len(frames) != 1 {
		t.Fatalf("%d frames, want 1", len(frames))
	}
	expectJSON(t, frames[0].Data, `{"type":"messages","room_id":"general","messages":[`+shownMessage+`,`+shownVoid+`]}`)
}

func TestNoEntriesNoFrames(t *testing.T) {
	if frames := wire.Messages("general", nil); len(frames) != 0 {
		t.Errorf("%d frames of nothing", len(frames))
	}
}

// largest is the entry that takes most room: every name at its limit, every character one that JSON writes in six. The
// last character is one that can be seen, as the rule for content wants it.
func largest(character string) chat.Entry {
	return chat.Entry{
		Room: chat.RoomID(strings.Repeat("r", 64)), ID: 1<<63 - 1, Kind: chat.KindMessage,
		User: chat.UserID(strings.Repeat("u", 64)), ClientMessageID: chat.ClientMessageID(strings.Repeat("<", 64)),
		Content: strings.Repeat(character, 3999) + "<", CreatedAt: noon(),
	}
}

// TestAnEntryAboutAnotherNamesIt: kinds of entries that change others are told by the same code.
func TestAnEntryAboutAnotherNamesIt(t *testing.T) {
	e := chat.Entry{Room: "r", ID: 2, Kind: "pin", User: "ann", ClientMessageID: "1", Target: 1, CreatedAt: noon()}
	want := `{"id":2,"room_id":"r","user_id":"ann","kind":"pin","target_id":1,"created_at":"` +
		noon().UTC().Format("2006-01-02T15:04:05.000Z") + `","client_message_id":"1"}`
	if got := string(wire.Messages("r", []chat.Entry{e})[0].Data); !strings.Contains(got, want) {
		t.Errorf("shown as %s, want %s", got, want)
	}
}

func TestLargestEntryFitsIntoAFrame(t *testing.T) {
	for _, character := range []string{"\n", "\r", "<", "&", "\u2028", "\"", "\\", "é", "€", "😀", "\ufffd"} {
		e := largest(character)
		if err := errors.Join(e.Room.Validate(), chat.ValidateContent(e.Content), e.ClientMessageID.Validate()); err != nil {
			t.Fatal(err) // else this is not the largest that is allowed
		}
		for _, frame := range wire.Messages(e.Room, []chat.Entry{e, e}) {
			if len(frame.Data) > wire.MaxFrameBytes {
				t.Errorf("%q: a frame of %d bytes", character, len(frame.Data))
			}
		}
		if ack := wire.Ack(strings.Repeat("<", 64), e); len(ack) > wire.MaxFrameBytes {
			t.Errorf("%q: an ack of %d bytes", character, len(ack))
		}
		if size, shown := wire.EntrySize(e), len(wire.History(roomlog.Page{Entries: []chat.Entry{e}})); size > shown || size < shown-100 {
			t.Errorf("%q: EntrySize is %d where %d bytes are shown", character, size, shown)
		}
	}
}

// To the byte: two entries share a frame of 32,768 bytes and not one of 32,769.
func TestFrameIsFilledToTheLastByte(t *testing.T) {
	first, second := message(), message()
	first.Content, second.Content = strings.Repeat("<", 2000), strings.Repeat("<", 3000)
	over := len(wire.Messages("general", []chat.Entry{first, second})[0].Data) - wire.MaxFrameBytes
	second.Content += strings.Repeat("a", -over)
	if frames := wire.Messages("general", []chat.Entry{first, second}); len(frames) != 1 || len(frames[0].Data) != wire.MaxFrameBytes {
		t.Errorf("%d frames, the first of %d bytes", len(frames), len(frames[0].Data))
	}
	second.Content += "a"
	if frames := wire.Messages("general", []chat.Entry{first, second}); len(frames) != 2 {
		t.Errorf("%d frames of one byte too many", len(frames))
	}
}

// contents draws contents of all lengths, in characters that take one to six bytes in JSON.
func contents() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		alphabet := rapid.SampledFrom([]string{"a", "é", "€", "😀", "\x00", "<", "\"", "\u2028"})
		word := strings.Join(rapid.SliceOfN(alphabet, 1, 8).Draw(t, "characters"), "")
		return strings.Repeat(word, rapid.IntRange(1, 4000/utf8.RuneCountInString(word)).Draw(t, "times"))
	})
}

func entries() *rapid.Generator[[]chat.Entry] {
	return rapid.Custom(func(t *rapid.T) []chat.Entry {
		all := make([]chat.Entry, rapid.IntRange(1, 40).Draw(t, "entries"))
		first := rapid.Int64Range(1, 1<<53-100).Draw(t, "first id")
		for i := range all {
			if rapid.IntRange(0, 9).Draw(t, "void") == 0 {
				all[i] = void()
			} else {
				all[i] = message()
				all[i].Content = contents().Draw(t, "content")
			}
			all[i].ID = chat.EntryID(first) + chat.EntryID(i)
		}
		return all
	})
}

type shownEntry struct {
	ID      chat.EntryID `json:"id"`
	Kind    chat.Kind    `json:"kind"`
	Content string       `json:"content"`
}

func TestFramesHoldAllEntriesInOrderAndAreFew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := entries().Draw(t, "all")
		rest := all
		frames := wire.Messages("general", all)
		for i, f := range frames {
			frame := f.Data
			if len(frame) > wire.MaxFrameBytes {
				t.Fatalf("frame %d has %d bytes", i, len(frame))
			}
			var shown struct {
				Type     string       `json:"type"`
				Messages []shownEntry `json:"messages"`
			}
			if err := json.Unmarshal(frame, &shown); err != nil || shown.Type != "messages" || len(shown.Messages) == 0 {
				t.Fatalf("frame %d: %v, %s", i, err, frame)
			}
			for _, e := range shown.Messages {
				if len(rest) == 0 || e != (shownEntry{rest[0].ID, rest[0].Kind, rest[0].Content}) {
					t.Fatalf("frame %d shows entry %d out of turn", i, e.ID)
				}
				rest = rest[1:]
			}
			if n := len(shown.Messages); len(f.Entries) != n || f.Entries[0].ID != shown.Messages[0].ID || f.Last() != shown.Messages[n-1].ID {
				t.Fatalf("frame %d says that it shows %d to %d", i, f.First(), f.Last())
			}
			if len(rest) > 0 && len(frame)+len(",")+wire.EntrySize(rest[0]) <= wire.MaxFrameBytes {
				t.Fatalf("entry %d would have fitted into frame %d", rest[0].ID, i)
			}
		}
		if len(rest) > 0 {
			t.Fatalf("entry %d is in no frame", rest[0].ID)
		}
	})
}
