package files

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// Log is a file that is appended to and stays below a size: when it is full it becomes NAME.1, in place of an older
// one, and a new one is begun. It is safe for concurrent use. What one Write writes stays in one file.
//
// A log that can't be written stops nobody: what it can't take is lost, and that it is so is reported.
type Log struct {
	path   string
	limit  int64
	report func(error)

	mu     sync.Mutex
	file   *os.File // nil: it could not be opened again after it was full
	size   int64
	failed bool // as reported
}

// LogLimit is the usual size in bytes of a log that is full. With NAME.1 a log takes twice as much at most.
const LogLimit = 10 << 20

// OpenLog opens the log at path, whose folder is made when needed. limit is in bytes. report is told why the log can't
// be written, at the first failure in a row, and nil when it can be again. It may be nil.
func OpenLog(path string, limit int64, report func(error)) (*Log, error) {
	if report == nil {
		report = func(error) {}
	}
	l := &Log{path: path, limit: limit, report: report}
	if err := l.open(); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *Log) open() error {
	if err := os.MkdirAll(filepath.Dir(l.path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Write implements io.Writer. It returns no error: see report of [OpenLog].
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.write(b)
	if failed := err != nil; failed != l.failed {
		l.failed = failed
		l.report(err)
	}
	return len(b), nil
}

func (l *Log) write(b []byte) error {
	if l.size > 0 && l.size+int64(len(b)) > l.limit {
		if err := l.turnOver(); err != nil {
			return err
		}
	}
	if l.file == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	n, err := l.file.Write(b)
	l.size += int64(n)
	return err
}

// turnOver puts the full file aside. The file is closed before it is renamed, since Windows renames no open file.
func (l *Log) turnOver() error {
	if l.file != nil {
		err := l.file.Close()
		l.file = nil
		if err != nil {
			return err
		}
	}
	if err := os.Rename(l.path, l.path+".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	l.size = 0
	return nil
}

// Close ends the log. Nothing may be written any more.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
