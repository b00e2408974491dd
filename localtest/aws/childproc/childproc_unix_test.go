//go:build unix

package childproc_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
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

// mechanismVariable says to the parent below how to start its child.
const mechanismVariable = "CHILDPROC_MECHANISM"

// mechanism is a way to bind a child to its parent's life.
type mechanism struct{ start, wait func(*exec.Cmd) error }

// mechanisms has this system's own, and the one of systems without a signal at the parent's death.
func mechanisms() map[string]mechanism {
	return map[string]mechanism{
		"here":    {childproc.Start, childproc.Wait},
		"watched": {childproc.StartWatched, childproc.WaitWatched},
	}
}

// eachMechanism runs a test on each of them.
func eachMechanism(t *testing.T, body func(t *testing.T, m mechanism)) {
	for name, m := range mechanisms() {
		t.Run(name, func(t *testing.T) { body(t, m) })
	}
}

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
	case "kill-all":
		playKiller()
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
	if err := mechanisms()[os.Getenv(mechanismVariable)].start(child); err != nil {
		os.Exit(1)
	}
	child.ExtraFiles[0].Close()
	_, _ = os.Stdout.WriteString(strconv.Itoa(child.Process.Pid) + "\n")
	outliveTheTest()
}

// outliveTheTest is what a program does that should be killed. It ends at last, so that a failed test leaves nothing
// running.
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
	for name := range mechanisms() {
		t.Run(name, func(t *testing.T) {
			held, holder := pipe(t)
			parent := program("parent")
			parent.Env = append(parent.Env, mechanismVariable+"="+name)
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
				t.Fatalf("the parent did not name its child: %v", err)
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
				_ = syscall.Kill(-child, syscall.SIGKILL)
				t.Fatalf("the child still holds its pipe: %v", err)
			}
		})
	}
}

func TestWaitKillsWhatTheCommandLeftBehind(t *testing.T) {
	eachMechanism(t, func(t *testing.T, m mechanism) {
		held, holder := pipe(t)
		cmd := program("leave-a-child")
		cmd.ExtraFiles = []*os.File{holder}
		if err := m.start(cmd); err != nil {
			t.Fatal(err)
		}
		holder.Close()
		var exit *exec.ExitError
		if err := m.wait(cmd); !errors.As(err, &exit) || exit.ExitCode() != 7 {
			t.Errorf("Wait returned %v, want exit status 7", err)
		}
		if _, err := held.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("something still holds the pipe: %v", err)
		}
	})
}

// What a program has started may hold its output open, and must not hold up Wait for as long as it lives.
func TestWaitDoesNotWaitForWhatHoldsTheOutput(t *testing.T) {
	eachMechanism(t, func(t *testing.T, m mechanism) {
		cmd := exec.Command("/bin/sh", "-c", "echo said; sleep 30 &")
		var printed strings.Builder
		cmd.Stdout = &printed
		if err := m.start(cmd); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- m.wait(cmd) }()
		select {
		case err := <-done:
			if err != nil || printed.String() != "said\n" {
				t.Errorf("printed %q, %v", printed.String(), err)
			}
		case <-time.After(bound):
			t.Error("Wait still waits")
		}
	})
}

// The program gets its arguments, folder and files as they are, and no file of ours.
func TestAProgramIsStartedAsItWouldBe(t *testing.T) {
	eachMechanism(t, func(t *testing.T, m mechanism) {
		extra, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer extra.Close()
		dir := t.TempDir()
		if dir, err = filepath.EvalSymlinks(dir); err != nil {
			t.Fatal(err)
		}
		script := `pwd; printf '<%s>' "$@"; for n in 3 4 5; do (: <&$n) 2>/dev/null && printf ' %s' $n; done; exit 3`
		cmd := exec.Command("/bin/sh", "-c", script, "name", "a b", `"$HOME"`, "*", "")
		cmd.Dir, cmd.ExtraFiles = dir, []*os.File{extra}
		var printed strings.Builder
		cmd.Stdout = &printed
		if err := m.start(cmd); err != nil {
			t.Fatal(err)
		}
		if cmd.Path != "/bin/sh" || cmd.Args[1] != "-c" || cmd.Args[2] != script || len(cmd.ExtraFiles) != 1 {
			t.Errorf("the command is now %q with %d files", cmd.Args, len(cmd.ExtraFiles))
		}
		var exit *exec.ExitError
		if err := m.wait(cmd); !errors.As(err, &exit) || exit.ExitCode() != 3 {
			t.Errorf("Wait returned %v, want exit status 3", err)
		}
		if want := dir + "\n<a b><\"$HOME\"><*><> 3"; printed.String() != want {
			t.Errorf("printed %q, want %q", printed.String(), want)
		}
	})
}

func TestTerminateAndKill(t *testing.T) {
	eachMechanism(t, func(t *testing.T, m mechanism) {
		for name, c := range map[string]struct {
			end  func(*exec.Cmd) error
			want syscall.Signal
		}{
			"terminate": {childproc.Terminate, syscall.SIGTERM},
			"kill":      {childproc.Kill, syscall.SIGKILL},
		} {
			t.Run(name, func(t *testing.T) { endByASignal(t, m, c.end, c.want) })
		}
	})
}

func endByASignal(t *testing.T, m mechanism, end func(*exec.Cmd) error, want syscall.Signal) {
	cmd := exec.Command("/bin/cat")
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := m.start(cmd); err != nil {
		t.Fatal(err)
	}
	if group, err := syscall.Getpgid(cmd.Process.Pid); err != nil || group != cmd.Process.Pid {
		t.Errorf("process group %d of process %d, %v", group, cmd.Process.Pid, err)
	}
	if err := end(cmd); err != nil {
		t.Error(err)
	}
	var exit *exec.ExitError
	if err := m.wait(cmd); !errors.As(err, &exit) {
		t.Fatalf("Wait returned %v", err)
	}
	if got := exit.Sys().(syscall.WaitStatus).Signal(); got != want {
		t.Errorf("ended by %v, want %v", got, want)
	}
}

func TestStartReportsWhatCannotBeStarted(t *testing.T) {
	eachMechanism(t, func(t *testing.T, m mechanism) {
		err := m.start(exec.Command(filepath.Join(t.TempDir(), "missing")))
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("Start returned %v, want %v", err, os.ErrNotExist)
		}
		if err := m.start(exec.Command("no-such-program")); !errors.Is(err, exec.ErrNotFound) {
			t.Errorf("Start returned %v, want %v", err, exec.ErrNotFound)
		}
	})
}
