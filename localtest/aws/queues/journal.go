package queues

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"serverlesschat/localtest/aws/files"
)

// record is one line of a journal: the state of a message after a change.
type record struct {
	ID string `json:"id"`
	// Body is nil in a line about a message that has an earlier line: a body does not change.
	Body    *string `json:"body,omitempty"`
	Deleted bool    `json:"deleted,omitempty"`
	// Times are milliseconds of the epoch; 0 is never.
	Sent     int64 `json:"sent,omitempty"`
	Due      int64 `json:"due,omitempty"`
	Received int   `json:"received,omitempty"` // count
	First    int64 `json:"first,omitempty"`
	Last     int64 `json:"last,omitempty"`
	// Origin is the queue that the message was dead-lettered from.
	Origin string `json:"origin,omitempty"`
}

// header is the first line of a journal.
type header struct {
	Version int    `json:"version"`
	ARN     string `json:"arn"`
	Created int64  `json:"created"` // the queue, in milliseconds of the epoch
}

const journalVersion = 1

// compactAfter is how many bytes are appended, beyond what the file was at its last compaction, before the next one.
const compactAfter = 4 << 20

// journal is the file of a queue: a header, and a line for each change of a message. What append has written survives
// the end of this process, also by kill -9; what sync has confirmed survives the end of the machine.
//
// The file is written by one goroutine at a time; sync is safe for use by many.
type journal struct {
	path    string
	header  header
	file    *os.File
	size    int64 // of whole lines
	compact int64 // size at which the file is to be compacted
	broken  error // why nothing can be appended any more

	written atomic.Uint64 // lines appended since the journal was opened
	syncing sync.Mutex    // also held while the file is replaced
	synced  uint64        // of written (syncing)
}

// openJournal opens the journal of a queue, which is made when needed, and calls apply with each of its records. A line
// without its end is what a process was writing when it was killed; it is cut off.
func openJournal(path, arn string, now time.Time, apply func(record)) (*journal, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(content) == 0 {
		content = line(header{journalVersion, arn, now.UnixMilli()})
		err = files.Replace(path, content, 0o644)
	}
	if err != nil {
		return nil, err
	}
	content = content[:bytes.LastIndexByte(content, '\n')+1]
	j := &journal{path: path, size: int64(len(content))}
	for number := 1; len(content) > 0; number++ {
		end := bytes.IndexByte(content, '\n')
		if err := j.read(number, content[:end], apply); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		content = content[end+1:]
	}
	if j.header.ARN != arn {
		return nil, fmt.Errorf("%s has the messages of %q, not of %s; remove it to go on without them",
			path, j.header.ARN, arn)
	}
	if j.file, err = os.OpenFile(path, os.O_RDWR, 0o644); err != nil {
		return nil, err
	}
	if err := j.file.Truncate(j.size); err != nil {
		return nil, errors.Join(err, j.file.Close())
	}
	j.compact = j.size + compactAfter
	return j, nil
}

// read reads one line, number from 1.
func (j *journal) read(number int, text []byte, apply func(record)) error {
	if number == 1 {
		if err := json.Unmarshal(text, &j.header); err != nil || j.header.Version != journalVersion {
			return fmt.Errorf("this is no journal of version %d: it begins with %.100q", journalVersion, text)
		}
		return nil
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	apply(r)
	return nil
}

// line returns a line of a journal.
func line(v any) []byte {
	b, _ := json.Marshal(v) // of texts and numbers alone: it cannot fail
	return append(b, '\n')
}

// append adds records to the file: all of them, or none when it fails.
func (j *journal) append(records ...record) error {
	if j.broken != nil {
		return j.broken
	}
	var text []byte
	for _, r := range records {
		text = append(text, line(r)...)
	}
	if _, err := j.file.WriteAt(text, j.size); err != nil {
		if j.broken = j.file.Truncate(j.size); j.broken != nil { // a full disk takes the beginning of a line
			j.broken = fmt.Errorf("%s can't be written any more: %w", j.path, j.broken)
		}
		return err
	}
	j.size += int64(len(text))
	j.written.Add(uint64(len(records)))
	return nil
}

// mark is what sync is to be called with to put on the disk what has been appended until now.
func (j *journal) mark() uint64 { return j.written.Load() }

// sync returns when all up to mark is on the disk. Several callers at once share the disk's work.
func (j *journal) sync(mark uint64) error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if j.synced >= mark {
		return nil
	}
	upTo := j.written.Load()
	if err := j.file.Sync(); err != nil {
		return err
	}
	j.synced = upTo
	return nil
}

// needsCompaction reports whether the file has grown much since it was compacted.
func (j *journal) needsCompaction() bool { return j.size > j.compact }

// replace puts records in place of all that the file has. When it fails, the file is as it was.
func (j *journal) replace(records []record) error {
	content := line(j.header)
	for _, r := range records {
		content = append(content, line(r)...)
	}
	j.syncing.Lock()
	defer j.syncing.Unlock()
	err := j.file.Close() // before it is replaced, since Windows replaces no open file
	if err == nil {
		err = files.Replace(j.path, content, 0o644)
	}
	if err == nil {
		j.size, j.synced = int64(len(content)), j.written.Load()
	}
	j.compact = 2*j.size + compactAfter
	file, openErr := os.OpenFile(j.path, os.O_RDWR, 0o644)
	if openErr != nil {
		j.broken = openErr
		return errors.Join(err, openErr)
	}
	j.file = file
	return err
}

func (j *journal) close() error {
	err := j.sync(j.mark())
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if j.broken == nil {
		j.broken = errClosed
	}
	return errors.Join(err, j.file.Close())
}

// journalPath is where the journal of a queue is.
func journalPath(dir, name string) string { return filepath.Join(dir, name+".journal") }
