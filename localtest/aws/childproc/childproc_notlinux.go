//go:build unix && !linux

package childproc

import "os/exec"

func start(cmd *exec.Cmd) error { return startWatched(cmd) }

func wait(cmd *exec.Cmd) error { return waitWatched(cmd) }
