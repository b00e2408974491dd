package childproc_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"serverlesschat/localtest/aws/childproc"
)

// A child whose parent-death signal hangs on an ordinary thread dies here, in the middle of its work.
func TestAChildOutlivesTheThreadThatAskedForIt(t *testing.T) {
	cmd := program("echo")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, w := pipe(t)
	cmd.Stdout = w
	awaitThreadEnd(t, onMortalThread(func() {
		if err := childproc.Start(cmd); err != nil {
			t.Error(err)
		}
	}))
	if t.Failed() {
		return
	}
	w.Close()
	if _, err := io.WriteString(in, "still here\n"); err != nil {
		t.Errorf("write: %v", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "still here\n" {
		t.Errorf("the child answered %q, %v", line, err)
	}
	in.Close()
	if err := childproc.Wait(cmd); err != nil {
		t.Errorf("the child ended with %v", err)
	}
}

// onMortalThread runs f on a thread that ends with it, and returns the thread's id.
func onMortalThread(f func()) int {
	thread := make(chan int)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if syscall.Gettid() == syscall.Getpid() {
			thread <- onMortalThread(f) // the main thread never ends
			return
		}
		f()
		thread <- syscall.Gettid()
	}()
	return <-thread
}

func awaitThreadEnd(t *testing.T, tid int) {
	t.Helper()
	path := filepath.Join("/proc/self/task", strconv.Itoa(tid))
	for end := time.Now().Add(bound); time.Now().Before(end); runtime.Gosched() {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return
		}
	}
	t.Fatal("the thread did not end")
}
