package lambda

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAFailingStart(t *testing.T) {
	const id = "RequestId: ID Error: "
	for mode, c := range map[string]struct {
		kind, message string
	}{
		"exit":       {"Runtime.ExitError", id + "Runtime exited with error: exit status 3"},
		"init-error": {"Settings", "no settings"},
		"block":      {"Sandbox.Timedout", id + "Task timed out after 0.10 seconds"},
	} {
		t.Run(mode, func(t *testing.T) {
			s, e := start(t, func(o *Options, f *Function) {
				o.InitLimit, f.Timeout = 50*time.Millisecond, 100*time.Millisecond
				if mode != "block" {
					o.InitLimit, f.Timeout = bound, bound
				}
				f.Env["MODE"] = mode
			})
			r, out := invoke(t, s, event{Do: "echo"})
			message := strings.ReplaceAll(out.ErrorMessage, r.RequestID, "ID")
			if r.FunctionError != "Unhandled" || out.ErrorType != c.kind || message != c.message || !r.Cold {
				t.Errorf("result %+v: %s", r, r.Payload)
			}
			if mode == "exit" { // it was started twice
				e.await(t, "two starts", func() bool { return len(e.lines) == 2 })
			}
		})
	}
}

func TestASlowStartIsRetriedAndThenServes(t *testing.T) {
	s, _ := start(t, func(o *Options, f *Function) {
		o.InitLimit = 200 * time.Millisecond
		f.Env["MODE"], f.Env["MARK"] = "once", filepath.Join(t.TempDir(), "mark")
	})
	if r, out := invoke(t, s, event{Do: "echo", Text: "at last"}); out.Text != "at last" || !r.Cold {
		t.Errorf("result %+v: %s", r, r.Payload)
	}
}

func TestABinaryThatCannotRun(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(binary, []byte("not a program"), 0o755); err != nil {
		t.Fatal(err)
	}
	s, _ := start(t, func(_ *Options, f *Function) { f.Binary = binary })
	r, out := invoke(t, s, event{Do: "echo"})
	if r.FunctionError != "Unhandled" || out.ErrorType != "Runtime.InvalidEntrypoint" {
		t.Errorf("result %s", r.Payload)
	}
}

// What a process has sent before its end counts, also when it is read after.
func TestAProcessThatAnswersAndExits(t *testing.T) {
	s, _ := start(t, func(_ *Options, f *Function) { f.Env["MODE"] = "hasty" })
	for range 20 {
		if r, out := invoke(t, s, event{}); out.Text != "hasty" || !r.Cold {
			t.Fatalf("result %+v: %s", r, r.Payload)
		}
		eventually(t, "the end of the process", func() bool { return len(s.Processes()) == 0 })
	}
}
