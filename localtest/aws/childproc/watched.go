//go:build unix

package childproc

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// watcher is the shell's script that starts a watched program: its arguments are the program and the program's
// arguments, and %[1]d is the reading end of the lifeline.
//
// The subshell in the background is the watcher. It reads until the lifeline's other end is closed, which happens when
// our process ends, and then kills the process group: $$ is the outer shell, which leads the group and becomes the
// program. The watcher holds none of the program's files open, and is deaf to what asks the group to end.
const watcher = `(trap '' HUP INT TERM; read -r _; kill -s KILL -- -$$) <&%[1]d >/dev/null 2>&1 &
exec "$0" "$@" %[1]d<&-`

// maxExtraFiles is what leaves the lifeline a number of one digit: shells know no more.
const maxExtraFiles = 6

// leftoverTimeout is how long the output of a program that has ended may be held open by what it has started.
const leftoverTimeout = time.Second

// line is a pipe that nobody writes to.
type line struct{ read, held *os.File }

// lifeline makes the pipe at its first use. There is one for the process: its held end must stay open for as long as
// the process lives, and closes with it, however it ends.
var lifeline = sync.OnceValues(func() (line, error) {
	r, w, err := os.Pipe()
	return line{read: r, held: w}, err
})

// startWatched starts cmd as the leader of a process group that a watcher kills when this process has ended. The
// watcher is in the group as well: so the group's number stays taken until the group is killed.
func startWatched(cmd *exec.Cmd) error {
	if cmd.Err != nil {
		return cmd.Err
	}
	if len(cmd.ExtraFiles) > maxExtraFiles {
		return fmt.Errorf("start %s: %d extra files, at most %d", cmd.Path, len(cmd.ExtraFiles), maxExtraFiles)
	}
	if err := checkProgram(cmd); err != nil {
		return err
	}
	l, err := lifeline()
	if err != nil {
		return fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	cmd.SysProcAttr = leader(cmd.SysProcAttr)
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = leftoverTimeout
	}
	program, args, files := cmd.Path, cmd.Args, cmd.ExtraFiles
	defer func() { cmd.Path, cmd.Args, cmd.ExtraFiles = program, args, files }()
	script := fmt.Sprintf(watcher, 3+len(files)) // the first extra file is 3
	cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", script, program}, args[1:]...)
	cmd.ExtraFiles = append(files[:len(files):len(files)], l.read)
	return cmd.Start()
}

// checkProgram finds what cmd.Start would: the shell finds it when it is too late to be Start's error.
func checkProgram(cmd *exec.Cmd) error {
	program := cmd.Path
	if !filepath.IsAbs(program) {
		program = filepath.Join(cmd.Dir, program)
	}
	_, err := exec.LookPath(program)
	return err
}

// waitWatched waits for the program, then kills what is left of its group, the watcher at least.
func waitWatched(cmd *exec.Cmd) error {
	err := cmd.Wait()
	_ = kill(cmd)
	if errors.Is(err, exec.ErrWaitDelay) { // the program itself has ended well
		return nil
	}
	return err
}

// leader returns the attributes for a process that leads a group of its own.
func leader(a *syscall.SysProcAttr) *syscall.SysProcAttr {
	if a == nil {
		a = &syscall.SysProcAttr{}
	}
	a.Setpgid, a.Pgid = true, 0
	return a
}
