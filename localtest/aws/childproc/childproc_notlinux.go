//go:build unix && !linux

package childproc

import (
	"os/exec"
	"syscall"
)

func start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pgid = 0
	return cmd.Start()
}

// awaitExit leaves the waiting to cmd.Wait: waitid(2) is not in the standard library for these systems.
func awaitExit(*exec.Cmd) {}
