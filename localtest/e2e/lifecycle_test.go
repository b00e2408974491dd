package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"serverlesschat/localtest/accesstoken"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
)

// These stories are about the local stack itself: it is the program that make local runs.

// program is a running localtest up.
type program struct {
	t       *testing.T
	cmd     *exec.Cmd
	printed *bytes.Buffer
}

// launch starts the program on the data in dir and waits until it says that all of it answers.
func launch(t *testing.T, binary, dir string, kind engine.Kind) (*program, *deployment) {
	t.Helper()
	p := &program{t: t, printed: &bytes.Buffer{}}
	p.cmd = exec.Command(binary, "up")
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), "HTTP_PORT=0", "WS_PORT=0", "INVOKE_PORT=0", "DYNAMODB_PORT=0", "DYNAMODB="+string(kind))
	p.cmd.Stdout, p.cmd.Stderr = p.printed, p.printed
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	endpoints := awaitEndpoints(t, filepath.Join(dir, ".local", "endpoints.json"))
	key, err := accesstoken.Load(filepath.Join(dir, ".local", "token-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return p, &deployment{
		websocket: endpoints.WebSocket, http: endpoints.HTTP, key: key, issuer: "https://chat.invalid", audience: "chat",
	}
}

func awaitEndpoints(t *testing.T, file string) (e stack.Endpoints) {
	t.Helper()
	await(t, "the stack is ready", func() bool {
		data, err := os.ReadFile(file)
		if err != nil || json.Unmarshal(data, &e) != nil {
			return false
		}
		// The file of a stack that was killed stays until the next one starts.
		conn, err := net.Dial("tcp", strings.TrimPrefix(e.HTTP, "http://"))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return e
}

// await looks again and again until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(4 * patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// interrupt is Ctrl-C; the program must end well.
func (p *program) interrupt() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		p.t.Fatalf("the stack ended with %v:\n%s", err, p.printed)
	}
}

// kill is kill -9. It gives the processes that the program had started.
func (p *program) kill() (children []int) {
	p.t.Helper()
	children = childrenOf(p.t, p.cmd.Process.Pid)
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	_ = p.cmd.Wait()
	return children
}

// childrenOf reads a process's children from /proc; each thread has its own list.
func childrenOf(t *testing.T, pid int) (children []int) {
	t.Helper()
	lists, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	if err != nil || len(lists) == 0 {
		t.Fatalf("children of %d: %v", pid, err)
	}
	for _, list := range lists {
		data, err := os.ReadFile(list)
		if err != nil {
			continue // the thread has ended
		}
		for word := range strings.FieldsSeq(string(data)) {
			child, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			children = append(children, child)
		}
	}
	return children
}

func isRunning(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// checkout makes a folder that the program takes for the project's: its own data, the real template and functions.
func checkout(t *testing.T) (binary, dir string) {
	t.Helper()
	bin, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	binary = filepath.Join(bin, "localtest")
	dir = t.TempDir()
	for _, name := range []string{"template.yaml", "functions", "internal", "go.mod", "go.sum"} {
		target, err := filepath.Abs(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	tools, err := filepath.Abs(toolsDir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, ".local"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(tools, filepath.Join(dir, ".local", "tools")); err != nil {
		t.Fatal(err)
	}
	return binary, dir
}

func TestDataSurvivesRestarts(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("left out: needs Linux (/proc names the processes that must end with the stack)")
	}
	eachEngine(t, func(t *testing.T, kind engine.Kind) {
		binary, dir := checkout(t)

		p, c := launch(t, binary, dir, kind)
		w := newWorld(t, c)
		ann := w.as("ann")
		ann.joins("lobby")
		ann.sends("lobby", "before Ctrl-C")
		p.interrupt()
		if _, err := os.Stat(filepath.Join(dir, ".local", "endpoints.json")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("endpoints.json after the end: %v", err)
		}

		p, w.deployment = launch(t, binary, dir, kind)
		ann.connects()
		ann.joinsAfter("lobby", 0)
		ann.sends("lobby", "before kill -9")
		ann.sees("lobby", "before Ctrl-C", "before kill -9")
		children := p.kill()
		if len(children) < 2 {
			t.Errorf("the stack had only these processes: %v", children)
		}
		for _, pid := range children {
			await(t, "process "+strconv.Itoa(pid)+" ends with the stack", func() bool { return !isRunning(pid) })
		}

		p, w.deployment = launch(t, binary, dir, kind)
		ann.connects()
		ann.joinsAfter("lobby", 2)
		ann.sends("lobby", "after all")
		ann.sees("lobby", "before Ctrl-C", "before kill -9", "after all")
		if got := ann.history("lobby", ""); got.LastID != 3 {
			t.Errorf("history after two restarts: %+v", got)
		}
		p.interrupt()
	})
}
