//go:build unix

package childproc

import "os/exec"

// StartWatched and WaitWatched are Start and Wait of systems without a signal at the parent's death, for tests on all.

func StartWatched(cmd *exec.Cmd) error { return startWatched(cmd) }

func WaitWatched(cmd *exec.Cmd) error { return waitWatched(cmd) }
