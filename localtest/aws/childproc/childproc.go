// Package childproc starts programs that die with the program that started them, however it ends.
//
// On Linux the kernel does it (prctl(2), PR_SET_PDEATHSIG): a started program gets SIGKILL when its parent is gone,
// also when the parent was killed with -9 and could clean up nothing. The signal is sent when the *thread* that started
// the child ends, not the process, and Go ends threads when it likes (golang/go issue 27505). So everything is started
// from one thread that never ends.
//
// Other Unix systems, macOS among them, have no such signal. There a shell stands between: it leaves a watcher behind,
// which reads from a pipe that closes with this process and then kills the program's process group, and becomes the
// program. This works on Linux too and is tested there, but costs a process for each program.
//
// Elsewhere (Windows) programs are stopped by Kill and Terminate alone, or notice by themselves that what they talk to
// is gone.
//
// On Unix every program leads a process group of its own, so that a Ctrl-C in the terminal reaches only the parent,
// which then stops its children in order, and so that what a child has started itself can be killed with it. What a
// child has started itself is not killed on Linux when the parent dies by -9: the kernel's promise is to children only.
package childproc

import "os/exec"

// Start starts cmd like cmd.Start, bound to the life of this process as the package comment tells. It may be called
// from any goroutine. It owns cmd.SysProcAttr's Pdeathsig, Setpgid and Pgid; other fields stay as they are.
//
// Each started command must be waited for with Wait. The errors are those of cmd.Start.
//
// The first call on Linux starts a goroutine that never ends, by design. Tests that look for leaked goroutines pass
// goleak.IgnoreTopFunction(StarterFunction).
func Start(cmd *exec.Cmd) error { return all().begin(cmd) }

// StarterFunction is the name of the function that the never-ending goroutine of Start is in.
const StarterFunction = "serverlesschat/localtest/aws/childproc.starter"

// Wait waits until the command has exited and kills what is left of its process group, then returns what cmd.Wait
// returns. It is called once for each command, instead of cmd.Wait.
func Wait(cmd *exec.Cmd) error {
	defer all().forget(cmd)
	return wait(cmd)
}

// Terminate asks the command's process group to end (SIGTERM; where there are no groups, it kills the process). It must
// not be called after Wait has returned. The error is nil when nothing is left to be signalled.
func Terminate(cmd *exec.Cmd) error { return terminate(cmd) }

// Kill ends the command's process group at once (SIGKILL). It must not be called after Wait has returned. The error is
// nil when nothing is left to be killed.
func Kill(cmd *exec.Cmd) error { return kill(cmd) }
