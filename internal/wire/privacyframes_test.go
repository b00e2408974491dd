package wire_test

import (
	"testing"
	"time"

	"serverlesschat/internal/privacy"
	"serverlesschat/internal/wire"
)

func erasureBodies() []goldenCase {
	at := time.Date(2026, 11, 23, 12, 0, 0, 123_000_000, time.UTC)
	begun := privacy.Erasure{User: "alice", Pseudonym: "deleted-x", AskedAt: at, Part: privacy.EraseConnections}
	waiting, done := begun, begun
	waiting.Part, waiting.NotBefore = privacy.ErasePresence, at.Add(time.Minute)
	done.Part, done.DoneAt = privacy.EraseNothing, at.Add(time.Minute)
	return []goldenCase{
		{name: "begun", frame: wire.Erasure(begun)},
		{name: "under way", frame: wire.Erasure(waiting)},
		{name: "done", frame: wire.Erasure(done)},
	}
}

// presenceRecord is a record of an export.
func presenceRecord() privacy.Record {
	return privacy.Record{Kind: privacy.KindPresence, Rows: map[string]map[string]any{"row": {"user_id": "alice", "v": 7}}}
}

func exportLines() []goldenCase {
	return []goldenCase{
		{name: "a record", frame: wire.Exported([]privacy.Record{presenceRecord()}, "")},
		{name: "the next page", frame: wire.Exported(nil, "AAAAAAAAAABtZW1iZXIKZ2VuZXJhbA")},
	}
}

// TestAnExportIsALineForEachRecord, and the size of a record is that of its line.
func TestAnExportIsALineForEachRecord(t *testing.T) {
	line := `{"kind":"presence","rows":{"row":{"user_id":"alice","v":7}}}` + "\n"
	want := line + line + `{"kind":"next","next":"AA"}` + "\n"
	if got := string(wire.Exported([]privacy.Record{presenceRecord(), presenceRecord()}, "AA")); got != want {
		t.Errorf("got %s", got)
	}
	if got := string(wire.Exported(nil, "")); got != "" {
		t.Errorf("nothing is %q", got)
	}
	if n := wire.RecordSize(presenceRecord()); n != len(line) {
		t.Errorf("%d bytes, want %d", n, len(line))
	}
}
