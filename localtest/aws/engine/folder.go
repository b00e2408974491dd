package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"serverlesschat/localtest/aws/files"
)

// useFolder makes and locks the folder for the data, a temporary one if none is wanted. The lock is there because two
// engines on one file would not notice each other.
func (e *Engine) useFolder(dir string) (string, error) {
	temporary := dir == ""
	if temporary {
		sweep(temporaryDir())
		var err error
		if dir, err = os.MkdirTemp(temporaryDir(), temporaryPrefix); err != nil {
			return "", err
		}
		e.scratch = dir
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	lock := flock.New(filepath.Join(dir, lockName))
	held, err := lock.TryLock()
	switch {
	case err != nil:
		return "", fmt.Errorf("lock data folder: %w", err)
	case !held:
		return "", fmt.Errorf("data folder %s is in use by another local stack", dir)
	}
	e.lock, e.folder = lock, dir
	return dir, nil
}

const (
	temporaryPrefix = "localtest-engine-"
	lockName        = ".lock"
	// enoughMemory is what the folder in memory must have free, in bytes. Containers often have only 64 MB there.
	enoughMemory = 512 << 20
	// sweepAge keeps sweep away from a folder whose owner has not locked it yet.
	sweepAge = time.Minute
)

// temporaryDir is a folder whose files are in memory, where syncing costs nothing; the usual one where there is none.
func temporaryDir() string {
	const shm = "/dev/shm"
	if free, err := files.FreeBytes(shm); err == nil && free >= enoughMemory {
		return shm
	}
	return os.TempDir()
}

// sweep removes temporary folders whose owners were killed before they could. What it can't remove stays.
func sweep(parent string) {
	left, _ := filepath.Glob(filepath.Join(parent, temporaryPrefix+"*"))
	for _, dir := range left {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < sweepAge {
			continue
		}
		lock := flock.New(filepath.Join(dir, lockName))
		if held, err := lock.TryLock(); err != nil || !held {
			continue
		}
		_ = os.RemoveAll(dir)
		_ = lock.Close()
	}
}
