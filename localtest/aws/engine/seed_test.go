package engine_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"serverlesschat/localtest/aws/engine"
)

// python returns the interpreter: the standard library of Go has no SQLite, that of Python has.
func python(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("left out: python3 is missing, which looks into the seed (Debian: apt-get install python3)")
	}
	return path
}

func runPython(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command(python(t), args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTheSeedIsWhatTheEngineWouldMake(t *testing.T) {
	o := options(t, engine.Dynoxide, "")
	start(t, o) // to have it installed
	programs, err := filepath.Glob(filepath.Join(o.ToolsDir, "dynoxide-"+engine.DynoxideVersion, "node_modules/@dynoxide/*/dynoxide*"))
	if err != nil || len(programs) != 1 {
		t.Fatalf("programs %q, error %v; want the one of this platform", programs, err)
	}
	runPython(t, "seed.py", programs[0], "--check")
}

// The engine's own statements, with times that can't be waited for.
const retention = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
day = 24 * 60 * 60
def write(table, at, times=1):
    for _ in range(times):
        n = db.execute("SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = ?", (table,)).fetchone()[0]
        db.execute("INSERT INTO _stream_records (table_name, event_name, keys_json, sequence_number, shard_id, created_at) VALUES (?, 'INSERT', '{}', ?, 's', ?)", (table, str(n), at))
def numbers(table):
    return [int(n) for n, in db.execute("SELECT sequence_number FROM _stream_records WHERE table_name = ? ORDER BY id", (table,))]
now = 2_000_000_000
write("quiet", now - 10 * day)
write("busy", now - day - 1000, 500)
write("busy", now - day + 1000, 40)
assert numbers("busy") == list(range(1, 541)), "nothing was old yet"
write("busy", now, 1000)
assert numbers("busy") == list(range(501, 1541)), numbers("busy")
assert numbers("quiet") == [1], "the last record of a table stays, since the engine counts on from it"
write("busy", now + 3 * day, 64)
write("busy", now + 3 * day, 1000)
assert numbers("busy") == list(range(1541, 2605)), numbers("busy")
for query in ("SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = ?1",
              "SELECT event_name FROM _stream_records WHERE table_name = ?1 AND shard_id = ?2 AND CAST(sequence_number AS INTEGER) > ?3 ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT ?4"):
    plan = " ".join(row[3] for row in db.execute("EXPLAIN QUERY PLAN " + query, ("t", "s", 1, 1)[:query.count("?")]))
    assert "SEARCH" in plan and "localtest_stream_position" in plan and "TEMP B-TREE" not in plan, plan
`

func TestRecordsGoAfterADay(t *testing.T) {
	seed, err := os.ReadFile("seed.db")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(file, seed, 0o644); err != nil {
		t.Fatal(err)
	}
	runPython(t, "-c", retention, file)
}
