package files

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// Log is a file that is appended to and stays below a size: when it is full it becomes NAME.1, in place of an older one, and
// a new one is begun. It is safe for concurrent use. What one Write writes stays in one file.
type Log struct {
	path  string
	limit int64

	mu     sync.Mutex
	file   *os.File // nil: it could not be opened again after it was full
	size   int64
	closed bool
}

// LogLimit is the usual size in bytes of a log that is full. With NAME.1 a log takes twice as much at most.
const LogLimit = 10 << 20

// OpenLog opens the log at path, whose folder is made when needed. limit is in bytes.
func OpenLog(path string, limit int64) (*Log, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	l := &Log{path: path, limit: limit}
	if err := l.open(); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *Log) open() error {
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

// Write implements io.Writer. After an error the next call tries anew.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, os.ErrClosed
	}
	if l.size > 0 && l.size+int64(len(b)) > l.limit {
		if err := l.turnOver(); err != nil {
			return 0, err
		}
	}
	if l.file == nil {
		if err := l.open(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(b)
	l.size += int64(n)
	return n, err
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
	if err := os.Rename(l.path, l.path+".1"); err != nil {
		return err
	}
	l.size = 0
	return nil
}

// Close ends the log.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
