-- What dynoxide's own schema lacks to stay fast; doc.go tells why. seed.py runs it on a file that the engine has made.

-- Serves both queries that the engine runs all the time: the highest sequence number of a table, at each write, and the
-- records after a number, at each GetRecords. The expression must be the engine's, to the letter.
CREATE INDEX localtest_stream_position ON _stream_records (table_name, CAST(sequence_number AS INTEGER));

-- Records go after 24 hours. At each 32nd record of a table its oldest 64 are looked at: so a backlog shrinks while a
-- write never waits for more than those. The newest record always stays, since the engine counts on from it.
CREATE TRIGGER localtest_stream_retention AFTER INSERT ON _stream_records
WHEN CAST(NEW.sequence_number AS INTEGER) % 32 = 0
BEGIN
  DELETE FROM _stream_records
  WHERE created_at < NEW.created_at - 24 * 60 * 60
    AND id IN (
      SELECT id FROM _stream_records
      WHERE table_name = NEW.table_name
      ORDER BY CAST(sequence_number AS INTEGER)
      LIMIT 64);
END;

-- The engine leaves a deleted table's records, and shows them as those of the next table of that name.
CREATE TRIGGER localtest_stream_end AFTER DELETE ON _tables
BEGIN
  DELETE FROM _stream_records WHERE table_name = OLD.table_name;
END;
