//go:build !unix

package engine

import (
	"errors"
	"os"
)

// errLocked is never returned here: these systems have no engine of ours to protect (see platformError).
var errLocked = errors.New("locked by another process")

func tryLock(path string) (*os.File, error) { return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644) }

func waitLock(path string) (*os.File, error) { return tryLock(path) }

func freeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }
