"""Makes seed.db, the data file that a new dynoxide starts with: the engine's own schema, and seed.sql.

    python3 localtest/aws/engine/seed.py DYNOXIDE [--check]

DYNOXIDE is the path of the engine's program. With --check nothing is written; it fails, and says how, if seed.db is not what
would be made now. Needs nothing but Python's standard library. Run it after a change of seed.sql or of the engine's version.
"""

import difflib
import pathlib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
SEED = HERE / "seed.db"


def engines_own_file(program, path):
    """Lets the engine make its file."""
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    engine = subprocess.Popen(
        [program, "serve", "--port", str(port), "--db-path", str(path)], stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(1000):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.01)
        raise SystemExit("the engine does not listen")
    finally:
        engine.terminate()
        engine.wait()


def make(program, path):
    engines_own_file(program, path)
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript((HERE / "seed.sql").read_text())
    # One plain file, to be copied as it is. The engine switches it to a write-ahead log again.
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("VACUUM")
    db.close()


def describe(path):
    """All that the file says, as lines: schema, settings that lie in the file, rows."""
    db = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    lines = [f"{p} = {db.execute('PRAGMA ' + p).fetchone()}" for p in ("page_size", "auto_vacuum", "user_version", "application_id")]
    names = []
    for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name"):
        lines += [f"{kind} {name}", *(sql or "").splitlines()]
        if kind == "table":
            names.append(name)
    for name in names:
        lines += [f"{name}: {row}" for row in db.execute(f'SELECT * FROM "{name}"')]
    db.close()
    return lines


def main(program, check=False):
    with tempfile.TemporaryDirectory() as folder:
        fresh = pathlib.Path(folder) / "fresh.db"
        make(program, fresh)
        if not check:
            SEED.write_bytes(fresh.read_bytes())
            return
        differences = list(difflib.unified_diff(describe(SEED), describe(fresh), "seed.db", "made now", lineterm=""))
        if differences:
            raise SystemExit("\n".join(differences))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    main(sys.argv[1], check="--check" in sys.argv[2:])
