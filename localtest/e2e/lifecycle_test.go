package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
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
	printed *printed
	ended   chan struct{} // closed when it has
	err     error         // of its end
}

// printed is what a program has printed so far.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// begin starts the program on the data in dir, on free ports. Variables are NAME=value; stdout may be nil.
func begin(t *testing.T, binary, dir string, stdout *os.File, variables ...string) *program {
	t.Helper()
	p := &program{t: t, printed: &printed{}, ended: make(chan struct{})}
	p.cmd = exec.Command(binary, "up")
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), "HTTP_PORT=0", "WS_PORT=0", "INVOKE_PORT=0", "SQS_PORT=0", "SECRETS_MANAGER_PORT=0", "DYNAMODB_PORT=0")
	p.cmd.Env = append(p.cmd.Env, variables...)
	p.cmd.Stdout, p.cmd.Stderr = p.printed, p.printed
	if stdout != nil {
		p.cmd.Stdout = stdout
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
		p.search(filepath.Join(dir, ".local"))
	})
	return p
}

// search searches what the program leaves behind in its data folder.
func (p *program) search(dataDir string) {
	p.t.Helper()
	for _, folder := range []string{"log", "queues"} {
		if err := confidential().searchFolder(filepath.Join(dataDir, folder)); err != nil {
			p.t.Error(err)
		}
	}
	const welcome = `{"action":"sendMessage","room_id":"general","content":"hi","client_message_id":"1"}` // shows a frame
	confidential().search("console", []byte(strings.Replace(p.printed.String(), welcome, "", 1)))
}

// launch starts the program and waits until it says that all of it answers.
func launch(t *testing.T, binary, dir string, variables ...string) (*program, *deployment) {
	t.Helper()
	p := begin(t, binary, dir, nil, variables...)
	return p, p.deployment(dir)
}

// deployment waits until the program is ready.
func (p *program) deployment(dir string) *deployment {
	p.t.Helper()
	endpoints := p.awaitEndpoints(filepath.Join(dir, ".local", "endpoints.json"))
	key, err := accesstoken.Load(filepath.Join(dir, ".local", "token-key.pem"))
	if err != nil {
		p.t.Fatal(err)
	}
	return &deployment{
		websocket: endpoints.WebSocket, http: endpoints.HTTP, key: key, issuer: "https://chat.invalid", audience: "chat",
	}
}

// awaitEndpoints waits for the program's own file: that of one that was killed stays until the next one starts.
func (p *program) awaitEndpoints(file string) (e stack.Endpoints) {
	p.t.Helper()
	await(p.t, "the stack is ready", func() bool {
		select {
		case <-p.ended:
			p.t.Fatalf("it ended with %v:\n%s", p.err, p.printed)
		default:
		}
		data, err := os.ReadFile(file)
		return err == nil && json.Unmarshal(data, &e) == nil && e.PID == p.cmd.Process.Pid
	})
	return e
}

// await looks again and again until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(4 * testTimeout)
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
	p.signal(os.Interrupt)
	if code := p.awaitEnd(); code != 0 {
		p.t.Fatalf("the stack ended with %v:\n%s", p.err, p.printed)
	}
}

func (p *program) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

func (p *program) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// awaitEnd waits for the program's end and returns its exit code.
func (p *program) awaitEnd() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(testTimeout):
		p.t.Fatalf("it does not end; it printed:\n%s", p.printed)
	}
	return p.cmd.ProcessState.ExitCode()
}

// kill is kill -9. It returns the processes that the program had started.
func (p *program) kill() (children []int) {
	p.t.Helper()
	children = childrenOf(p.t, p.cmd.Process.Pid)
	p.signal(os.Kill)
	p.awaitEnd()
	return children
}

// awaitGone waits until processes have ended.
func awaitGone(t *testing.T, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		await(t, "process "+strconv.Itoa(pid)+" ends with the stack", func() bool { return !isRunning(pid) })
	}
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
	for _, name := range []string{"template.yaml", "docs", "functions", "internal", "go.mod", "go.sum"} {
		target, err := filepath.Abs(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	// The functions as they are built already: the program builds anew only what has changed.
	if err := os.CopyFS(filepath.Join(dir, ".local", "functions"), os.DirFS(bin)); err != nil {
		t.Fatal(err)
	}
	tools, err := filepath.Abs(toolsDir)
	if err != nil {
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

		p, c := launch(t, binary, dir, "DYNAMODB="+string(kind))
		w := newWorld(t, c)
		ann := w.as("ann")
		ann.joins("lobby")
		ann.sends("lobby", "before Ctrl-C")
		p.interrupt()
		if _, err := os.Stat(filepath.Join(dir, ".local", "endpoints.json")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("endpoints.json after the end: %v", err)
		}

		p, w.deployment = launch(t, binary, dir, "DYNAMODB="+string(kind))
		ann.connects()
		ann.joinsAfter("lobby", 0)
		ann.sends("lobby", "before kill -9")
		ann.sees("lobby", "before Ctrl-C", "before kill -9")
		children := p.kill()
		if len(children) < 2 {
			t.Errorf("the stack had only these processes: %v", children)
		}
		awaitGone(t, children...)

		p, w.deployment = launch(t, binary, dir, "DYNAMODB="+string(kind))
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
