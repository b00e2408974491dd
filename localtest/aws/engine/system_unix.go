//go:build unix

package engine

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// errLocked is returned by tryLock when another process, or another lock of this one, holds the file.
var errLocked = errors.New("locked by another process")

// tryLock opens the file and locks it until it is closed, or this process ends, however it ends.
func tryLock(path string) (*os.File, error) {
	f, err := flock(path, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errLocked
	}
	return f, err
}

// waitLock is tryLock that waits for its turn.
func waitLock(path string) (*os.File, error) { return flock(path, syscall.LOCK_EX) }

func flock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if err == nil {
			return f, nil
		}
		if err != syscall.EINTR {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
		}
	}
}

// freeBytes is what an ordinary user may still write to the file system of the folder.
func freeBytes(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
