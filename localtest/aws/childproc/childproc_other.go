//go:build !unix

package childproc

import (
	"errors"
	"os"
	"os/exec"
)

func start(cmd *exec.Cmd) error { return cmd.Start() }

func wait(cmd *exec.Cmd) error { return cmd.Wait() }

func terminate(cmd *exec.Cmd) error { return kill(cmd) }

func kill(cmd *exec.Cmd) error {
	err := cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}
