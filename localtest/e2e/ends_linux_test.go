package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sync/errgroup"

	"serverlesschat/localtest/aws/stack"
)

// These stories are about how the local stack ends, and what it does where other programs hang.

// processOf finds the child of the program whose command line has the word.
func (p *program) processOf(word string) (pid int) {
	p.t.Helper()
	await(p.t, "there is a process "+word, func() bool {
		for _, child := range childrenOf(p.t, p.cmd.Process.Pid) {
			line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", child))
			if err == nil && strings.Contains(string(line), word) {
				pid = child
			}
		}
		return pid != 0
	})
	return pid
}

// hang stops a process as Ctrl-Z does: it is there and does nothing.
func hang(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
}

func TestOneSignalEndsAStackWithOpenConnections(t *testing.T) {
	for name, signals := range map[string][]syscall.Signal{
		"SIGTERM":         {syscall.SIGTERM},
		"closed terminal": {syscall.SIGHUP, syscall.SIGHUP}, // of the kernel, and of the shell
	} {
		t.Run(name, func(t *testing.T) {
			binary, dir := checkout(t)
			// Under nohup the signal is ignored, and so it would be by the program: a child inherits that, not a handler.
			held := make(chan os.Signal, 1)
			signal.Notify(held, syscall.SIGHUP)
			p, c := launch(t, binary, dir)
			signal.Stop(held)
			w := newWorld(t, c)
			w.as("ann").joins("lobby")
			children := childrenOf(t, p.cmd.Process.Pid)
			for i, signal := range signals {
				if i > 0 { // as one: two that wait for the program would be merged into one
					await(t, "the signal has arrived", func() bool { return strings.Contains(p.printed.String(), "stopping") })
				}
				_ = p.cmd.Process.Signal(signal) // it may have ended meanwhile
			}
			if code := p.awaitEnd(); code != 0 {
				t.Errorf("it ended with %d:\n%s", code, p.printed)
			}
			if _, err := os.Stat(filepath.Join(dir, ".local", "endpoints.json")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("its endpoints are still there: %v", err)
			}
			awaitGone(t, children...)
		})
	}
}

func TestASignalEndsAStackThatHangs(t *testing.T) {
	for name, c := range map[string]struct {
		again bool
		code  int
	}{
		"one signal":  {false, 0},
		"two signals": {true, 130},
	} {
		t.Run(name, func(t *testing.T) {
			binary, dir := checkout(t)
			p, d := launch(t, binary, dir)
			w := newWorld(t, d)
			ann := w.as("ann")
			ann.joins("lobby")
			ann.sends("lobby", "before")
			for _, word := range []string{"sendmessage", "dynoxide"} {
				hang(t, p.processOf(word))
			}
			sent := make(chan struct{})
			go func() { // it runs into what hangs
				defer close(sent)
				_, _ = ann.client.Send(w.ctx, w.room("lobby"), "after", "after")
			}()
			children := childrenOf(t, p.cmd.Process.Pid)
			p.signal(os.Interrupt)
			await(t, "it ends", func() bool {
				if c.again && strings.Contains(p.printed.String(), "stopping") {
					_ = p.cmd.Process.Signal(os.Interrupt) // one that follows at once does not count
				}
				return p.hasEnded()
			})
			if code := p.awaitEnd(); code != c.code {
				t.Errorf("it ended with %d, want %d:\n%s", code, c.code, p.printed)
			}
			awaitGone(t, children...)
			<-sent
		})
	}
}

// A first start builds and fetches. Programs that never end, and have children themselves, stand for go and npm.
func TestASignalEndsAFirstStart(t *testing.T) {
	for program, says := range map[string]string{"go": "building the functions", "npm": "fetching dynoxide"} {
		t.Run(program, func(t *testing.T) {
			binary, dir := checkout(t)
			if err := os.Remove(filepath.Join(dir, ".local", "tools")); err != nil {
				t.Fatal(err)
			}
			bin, pidFile := t.TempDir(), filepath.Join(t.TempDir(), "pid")
			for _, name := range []string{"go", "npm"} {
				script := "#!/bin/sh\nsleep 300 & echo $! > " + pidFile + "." + name + "\nwait\n"
				if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			p := begin(t, binary, dir, nil, "PATH="+bin+":"+os.Getenv("PATH"))
			var grandchild int
			await(t, program+" has started its child", func() bool {
				text, err := os.ReadFile(pidFile + "." + program)
				if err == nil {
					grandchild, err = strconv.Atoi(strings.TrimSpace(string(text)))
				}
				return err == nil
			})
			await(t, "it says what it does", func() bool { return strings.Contains(p.printed.String(), says) })
			p.signal(os.Interrupt)
			if code := p.awaitEnd(); code != 1 || !strings.Contains(p.printed.String(), "stopped before it was ready") {
				t.Errorf("it ended with %d:\n%s", code, p.printed)
			}
			awaitGone(t, grandchild)
		})
	}
}

func TestAPausedConsoleStopsNothing(t *testing.T) {
	binary, dir := checkout(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := begin(t, binary, dir, w)
	w.Close()
	d := p.deployment(dir)
	const requests = 1000 // a pipe takes 64 KB: 700 lines
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(8)
	for range requests {
		group.Go(func() error {
			if ctx.Err() != nil {
				return nil // one has failed
			}
			if status, _ := getBody(t, d.http+"/health"); status != http.StatusOK {
				return fmt.Errorf("status %d", status)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	p.signal(os.Interrupt)
	if code := p.awaitEnd(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
	text, err := io.ReadAll(r)
	if err != nil || !strings.Contains(string(text), "The chat runs") {
		t.Errorf("it had printed %q, %v", text, err)
	}
}

func TestAClosedConsoleIsACtrlC(t *testing.T) {
	binary, dir := checkout(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := begin(t, binary, dir, w)
	w.Close()
	d := p.deployment(dir)
	for lines := bufio.NewScanner(r); lines.Scan() && !strings.Contains(lines.Text(), "History"); {
	}
	r.Close() // as "| head" does
	await(t, "it ends", func() bool {
		if response, err := http.Get(d.http + "/health"); err == nil { // has a line printed
			response.Body.Close()
		}
		return p.hasEnded()
	})
	if code := p.awaitEnd(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}

func TestAnEngineThatIsKilledEndsTheStack(t *testing.T) {
	binary, dir := checkout(t)
	p, _ := launch(t, binary, dir)
	if err := syscall.Kill(p.processOf("dynoxide"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := p.awaitEnd(); code != 1 || !strings.Contains(p.printed.String(), "has ended by itself") {
		t.Errorf("it ended with %d:\n%s", code, p.printed)
	}
}

func TestAnEngineThatHangsIsTold(t *testing.T) {
	binary, dir := checkout(t)
	p, d := launch(t, binary, dir)
	local := func() int {
		status, _ := getBody(t, d.http+"/_local/health")
		return status
	}
	if got := local(); got != http.StatusOK {
		t.Errorf("status %d while all is well", got)
	}
	if status, page := getBody(t, d.http+"/_local/docs"); status != http.StatusOK || !strings.Contains(page, "sendMessage") {
		t.Errorf("the page of the documents: status %d, %d bytes", status, len(page))
	}
	engine := p.processOf("dynoxide")
	hang(t, engine)
	await(t, "it is told", func() bool {
		return local() == http.StatusServiceUnavailable && strings.Contains(p.printed.String(), "does not answer")
	})
	if err := syscall.Kill(engine, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	await(t, "it is well again", func() bool { return local() == http.StatusOK })
	p.interrupt()
}

func TestASecondStartSaysWhoRunsThere(t *testing.T) {
	binary, dir := checkout(t)
	first, d := launch(t, binary, dir)
	second := begin(t, binary, dir, nil)
	if code := second.awaitEnd(); code != 1 {
		t.Errorf("it ended with %d", code)
	}
	for _, want := range []string{fmt.Sprintf("process %d,", first.cmd.Process.Pid), d.http} {
		if !strings.Contains(second.printed.String(), want) {
			t.Errorf("%q is not in %q", want, second.printed)
		}
	}
	first.interrupt()
}

func TestTheConsoleSaysWhichRecordsFailed(t *testing.T) {
	console := &printed{}
	w := startOwn(t, stack.Options{Console: console, Quiet: true})
	ann := w.as("ann")
	ann.joins("lobby")
	w.dropTable("SubscriptionsTable")
	ann.sends("lobby", "unheard")
	await(t, "the console tells", func() bool {
		return strings.Contains(console.String(), "batchItemFailures: 1: ") && strings.Contains(console.String(), "ResourceNotFoundException")
	})
	if got := console.String(); strings.Contains(got, " ok\n") {
		t.Errorf("what is well is printed, though only what is wrong was asked for: %s", got)
	}
}

func TestMakeTokenTakesNoNameFromTheShell(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skipf("left out: make is missing (Debian: apt-get install make): %v", err)
	}
	binary, dir := checkout(t)
	for name, target := range map[string]string{"Makefile": filepath.Join(root, "Makefile"), "localtest": filepath.Join(root, "localtest"),
		".local/bin/localtest": binary} {
		link := filepath.Join(dir, name)
		target, err := filepath.Abs(target)
		if err == nil {
			err = errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink(target, link))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	makeToken := func(arguments ...string) (string, error) {
		cmd := exec.Command("make", append([]string{"-s", "GO=true", "token"}, arguments...)...) // the program is there already
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "USER=root", "MAKEFLAGS=")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if token, err := makeToken("USER=alice"); err != nil || strings.Count(token, ".") != 2 || strings.Count(token, "\n") != 1 {
		t.Errorf("for alice: %q, %v", token, err)
	}
	for _, arguments := range [][]string{nil, {"-e"}, {"USER="}} {
		if out, err := makeToken(arguments...); err == nil || !strings.Contains(out, "make token USER=alice") {
			t.Errorf("%q: %q, %v", arguments, out, err)
		}
	}
	for _, name := range []string{"a$b", "$(id)", "a'b"} { // as they are, not as make or the shell would expand them
		if out, err := makeToken("USER=" + name); err == nil || !strings.Contains(out, "may hold only") {
			t.Errorf("for %s: %q, %v", name, out, err)
		}
	}
	if out, err := makeToken("USER=me"); err == nil || !strings.Contains(out, "reserved") {
		t.Errorf("for me: %q, %v", out, err)
	}
}

// getBody returns the status and the body of a GET; it may be called from any goroutine.
func getBody(t *testing.T, url string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	if strings.Contains(response.Header.Get("Content-Type"), "json") && !json.Valid(body) {
		t.Errorf("GET %s: %s", url, body)
	}
	return response.StatusCode, string(body)
}
