package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"serverlesschat/localtest/aws/files"
)

const (
	// lockFile is locked while a stack runs on the folder it is in. The lock goes with the process, however that ends;
	// the file stays. It is empty: on Windows nobody can write or read what is locked.
	lockFile = "stack.lock"
	// ownerFile says which process has the lock, or had it last.
	ownerFile = "stack.json"
)

// owner is the content of ownerFile.
type owner struct {
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
}

// lockTimeout is how long a start waits for a stack that is just ending: one that was killed a moment ago, say.
const lockTimeout = time.Second

// lock takes the data folder for this process, and clears what a killed stack has left there. Its error says who has
// it.
func (s *Stack) lock(ctx context.Context) (err error) {
	if err := os.MkdirAll(s.options.DataDir, 0o755); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	if s.held, err = lockFolder(ctx, s.options); err != nil {
		return err
	}
	if err := writeJSON(s.options.path(ownerFile), owner{PID: os.Getpid(), Since: s.console.now()}); err != nil {
		return fmt.Errorf("write who runs here: %w", err)
	}
	if err := os.Remove(s.options.path(endpointsFile)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Forget removes what a stack has stored in its data folder: data, messages, logs, positions in streams. What it has
// installed stays. Its error says which stack runs there, if one does.
func Forget(ctx context.Context, options Options) error {
	o := options.withDefaults()
	if _, err := os.Stat(o.DataDir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	held, err := lockFolder(ctx, o)
	if err != nil {
		return err
	}
	var errs []error
	// An older version had a folder of dead letters, which are messages of a queue now.
	for _, folder := range []string{"data", "queues", "log", "dead-letters", "streams"} {
		errs = append(errs, os.RemoveAll(o.path(folder)))
	}
	return errors.Join(append(errs, held.Close())...)
}

// lockFolder locks the data folder. Its error says who has it.
func lockFolder(ctx context.Context, o Options) (*flock.Flock, error) {
	l := flock.New(o.path(lockFile), flock.SetPermissions(0o644))
	limited, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	held, err := l.TryLockContext(limited, 20*time.Millisecond)
	switch {
	case held:
		return l, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, takenError(o)
	}
	return nil, fmt.Errorf("lock data folder: %w", err)
}

// takenError says who runs on the data folder: as much as can be read.
func takenError(options Options) error {
	dir, err := filepath.Abs(options.DataDir)
	if err != nil {
		dir = options.DataDir
	}
	var o owner
	if !readJSON(options.path(ownerFile), &o) {
		return fmt.Errorf("a local stack runs on %s already", dir)
	}
	where := "it is still starting"
	var e Endpoints
	if readJSON(options.path(endpointsFile), &e) && e.PID == o.PID {
		where = "at " + e.HTTP
	}
	return fmt.Errorf("a local stack runs on %s already: process %d, since %s, %s; end it with Ctrl-C in its terminal, or kill %d",
		dir, o.PID, o.Since.Format(time.DateTime), where, o.PID)
}

func writeJSON(file string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return files.Replace(file, append(data, '\n'), 0o644)
}

func readJSON(file string, to any) bool {
	data, err := os.ReadFile(file)
	return err == nil && json.Unmarshal(data, to) == nil
}
