package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"serverlesschat/localtest/aws/childproc"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction(childproc.StarterFunction))
}

func TestAPausedTerminalLosesLinesAndCountsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe() // nobody reads it yet
		terminal := newTerminal(w, func(err error) { t.Error(err) })
		line := strings.Repeat("x", 99) + "\n"
		const lines = 5000
		for range lines {
			if n, err := terminal.Write([]byte(line)); n != len(line) || err != nil {
				t.Fatalf("Write returned %d, %v", n, err)
			}
			synctest.Wait()
		}
		read := make(chan string)
		go func() {
			text, _ := io.ReadAll(r)
			read <- string(text)
		}()
		synctest.Wait()
		fmt.Fprintln(terminal, "it goes on")
		terminal.close(time.Hour)
		w.Close()
		text := <-read
		kept, rest, found := strings.Cut(text, "(")
		var dropped int
		if _, err := fmt.Sscanf(rest, "%d lines were dropped", &dropped); err != nil || !found {
			t.Fatalf("no count: %v", err)
		}
		if whole := strings.Count(kept, line); whole+dropped != lines || len(kept) > terminalBuffer+len(line) {
			t.Errorf("%d lines are there and %d were dropped, of %d", whole, dropped, lines)
		}
		if !strings.HasSuffix(rest, "\nit goes on\n") {
			t.Errorf("the end is %q", rest)
		}
	})
}

func TestTheEndDoesNotWaitForAPausedTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		terminal := newTerminal(w, func(error) {})
		fmt.Fprintln(terminal, "nobody reads this")
		begun := time.Now()
		terminal.close(lastWait)
		if waited := time.Since(begun); waited != lastWait { // the bubble's clock
			t.Errorf("it waited %s", waited)
		}
		r.Close()
		<-terminal.done
	})
}

// failingWriter fails until it is mended.
type failingWriter struct {
	err error
	strings.Builder
}

func (f *failingWriter) Write(b []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return f.Builder.Write(b)
}

func TestATerminalThatFailsIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &failingWriter{err: syscall.ENOSPC}
		var broken []error
		terminal := newTerminal(out, func(err error) { broken = append(broken, err) })
		fmt.Fprintln(terminal, "one")
		synctest.Wait()
		out.err = nil
		fmt.Fprintln(terminal, "two")
		terminal.close(time.Hour)
		if len(broken) != 1 || isGone(broken[0]) || !isGone(syscall.EPIPE) {
			t.Errorf("told: %v", broken)
		}
		if got := out.String(); got != "one\ntwo\n" {
			t.Errorf("printed %q", got)
		}
	})
}

func TestTokensAreForNamesThatTheChatTakes(t *testing.T) {
	for _, name := range []string{"", "me", "a b", "deleted-1", "..", strings.Repeat("x", 65)} {
		if err := printToken(name); err == nil {
			t.Errorf("%q got a token", name)
		}
	}
	if err := run([]string{"token"}); !errors.Is(err, errUsage) {
		t.Errorf("without a name: %v", err)
	}
}

func TestSettingsAreReadFromTheEnvironment(t *testing.T) {
	get := func(variables map[string]string) func(string) string {
		return func(name string) string { return variables[name] }
	}
	o, err := optionsFrom(get(map[string]string{"QUIET": "1", "HTTP_PORT": "0"}))
	if err != nil || !o.Quiet || o.HTTPPort != 0 || o.WSPort != defaultWSPort {
		t.Errorf("options %+v, %v", o, err)
	}
	_, err = optionsFrom(get(map[string]string{"QUIET": "yes", "WS_PORT": "70000", "DYNAMODB": "sqlite"}))
	for _, name := range []string{"QUIET", "WS_PORT", "DYNAMODB"} {
		if err == nil || !strings.Contains(err.Error(), name+":") {
			t.Errorf("%s is not in the error: %v", name, err)
		}
	}
}
