package childproc_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"serverlesschat/localtest/aws/childproc"
)

// roleVariable makes the test binary play one of the helper programs below.
const roleVariable = "CHILDPROC_ROLE"

// bound is how long a test waits for what should come at once before it fails.
const bound = 10 * time.Second

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "parent":
		playParent()
	case "echo":
		_, _ = io.Copy(os.Stdout, os.Stdin)
		os.Exit(0)
	case "block":
		outliveTheTest()
	case "leave-a-child":
		playLeaver()
	default:
		goleak.VerifyTestMain(m, goleak.IgnoreTopFunction(childproc.StarterFunction))
	}
}

// program returns a command that runs this test binary in a role.
func program(role string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	return cmd
}

// playParent starts a blocked child that holds the inherited pipe open, says so, and blocks as well.
func playParent() {
	child := program("block")
	child.ExtraFiles = []*os.File{os.NewFile(3, "pipe")}
	if err := childproc.Start(child); err != nil {
		os.Exit(1)
	}
	child.ExtraFiles[0].Close()
	_, _ = os.Stdout.WriteString(strconv.Itoa(child.Process.Pid) + "\n")
	outliveTheTest()
}

// outliveTheTest is what a program does that should be killed. It ends at last, so that a failed test leaves nothing running.
func outliveTheTest() { time.Sleep(3 * bound) }

// playLeaver starts a child in its own process group and ends without it.
func playLeaver() {
	child := program("block")
	child.ExtraFiles = []*os.File{os.NewFile(3, "pipe")}
	if err := child.Start(); err != nil {
		os.Exit(1)
	}
	os.Exit(7)
}

// pipe returns a pipe whose reading end gives up at the bound.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	if err := r.SetReadDeadline(time.Now().Add(bound)); err != nil {
		t.Fatal(err)
	}
	return r, w
}

func TestAChildDiesWhenItsParentIsKilled(t *testing.T) {
	held, holder := pipe(t)
	parent := program("parent")
	parent.ExtraFiles = []*os.File{holder}
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	holder.Close()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the parent did not tell its child: %v", err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	if _, err := held.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		_ = syscall.Kill(child, syscall.SIGKILL)
		t.Fatalf("the child still holds its pipe: %v", err)
	}
}

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

func TestWaitKillsWhatTheCommandLeftBehind(t *testing.T) {
	held, holder := pipe(t)
	cmd := program("leave-a-child")
	cmd.ExtraFiles = []*os.File{holder}
	if err := childproc.Start(cmd); err != nil {
		t.Fatal(err)
	}
	holder.Close()
	var exit *exec.ExitError
	if err := childproc.Wait(cmd); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("Wait returned %v, want exit status 7", err)
	}
	if _, err := held.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("something still holds the pipe: %v", err)
	}
}

func TestTerminateAndKill(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*exec.Cmd) error
		want syscall.Signal
	}{
		"terminate": {childproc.Terminate, syscall.SIGTERM},
		"kill":      {childproc.Kill, syscall.SIGKILL},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("/bin/cat")
			if _, err := cmd.StdinPipe(); err != nil {
				t.Fatal(err)
			}
			if err := childproc.Start(cmd); err != nil {
				t.Fatal(err)
			}
			if group, err := syscall.Getpgid(cmd.Process.Pid); err != nil || group != cmd.Process.Pid {
				t.Errorf("process group %d of process %d, %v", group, cmd.Process.Pid, err)
			}
			if err := c.end(cmd); err != nil {
				t.Error(err)
			}
			var exit *exec.ExitError
			if err := childproc.Wait(cmd); !errors.As(err, &exit) {
				t.Fatalf("Wait returned %v", err)
			}
			if got := exit.Sys().(syscall.WaitStatus).Signal(); got != c.want {
				t.Errorf("ended by %v, want %v", got, c.want)
			}
		})
	}
}

func TestStartReportsWhatCannotBeStarted(t *testing.T) {
	err := childproc.Start(exec.Command(filepath.Join(t.TempDir(), "missing")))
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Start returned %v, want %v", err, os.ErrNotExist)
	}
}
