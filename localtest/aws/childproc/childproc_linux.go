package childproc

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"unsafe"
)

// request asks the starter to start a command. The answer is cmd.Start's.
type request struct {
	cmd    *exec.Cmd
	answer chan<- error
}

// requests makes the starter at its first use. There is one for the process, since a child's fate hangs on a thread of
// the process and not on any value.
var requests = sync.OnceValue(func() chan<- request {
	c := make(chan request)
	go starter(c)
	return c
})

// starter starts commands from a thread that is its own and lives as long as the process.
func starter(requests <-chan request) {
	runtime.LockOSThread()
	for r := range requests {
		r.answer <- r.cmd.Start()
	}
}

func start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = leader(cmd.SysProcAttr)
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	answer := make(chan error, 1)
	requests() <- request{cmd, answer}
	return <-answer
}

// wait kills the group before it reaps the leader. As long as the leader is a zombie, nobody else gets its group's
// number. No left-over process can then hold the command's output open, for which cmd.Wait would wait.
func wait(cmd *exec.Cmd) error {
	awaitExit(cmd)
	return cmd.Wait()
}

// awaitExit blocks until the process is a zombie, without reaping it, and kills its group.
func awaitExit(cmd *exec.Cmd) {
	const pPID = 1 // P_PID of waitid(2)
	var info [128]byte
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_WAITID, pPID, uintptr(cmd.Process.Pid),
			uintptr(unsafe.Pointer(&info)), syscall.WEXITED|syscall.WNOWAIT, 0, 0)
		if errno == syscall.EINTR {
			continue
		}
		if errno == 0 {
			_ = kill(cmd)
		}
		return
	}
}
