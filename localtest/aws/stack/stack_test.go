package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"serverlesschat/localtest/aws/childproc"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/template"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction(childproc.StarterFunction), goleak.Cleanup(func(code int) {
		if dir, err := binDir(); err == nil {
			os.RemoveAll(dir)
		}
		os.Exit(code)
	}))
}

func TestASecondStartSaysWhoRunsThere(t *testing.T) {
	dir := t.TempDir()
	first, second := lockable(dir), lockable(dir)
	if err := first.lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := second.lock(t.Context())
	for _, want := range []string{dir, fmt.Sprintf("process %d,", os.Getpid()), "since 2026-11-26 01:02:03", "still starting"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("while the first one starts: %v, want %q in it", err, want)
		}
	}
	if err := writeJSON(filepath.Join(dir, endpointsFile), Endpoints{HTTP: "http://127.0.0.1:3000", PID: os.Getpid()}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, lockFile)); err != nil || info.Size() > 0 {
		t.Errorf("%v, %v: on Windows nobody can write what is locked", info, err)
	}
	if err := second.lock(t.Context()); err == nil || !strings.Contains(err.Error(), "at http://127.0.0.1:3000;") {
		t.Errorf("while the first one runs: %v", err)
	}
	if err := first.held.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.lock(t.Context()); err != nil {
		t.Errorf("after the first one: %v", err)
	}
	_ = second.held.Close()
}

func TestForgetLeavesARunningStackAlone(t *testing.T) {
	dir := t.TempDir()
	stored := filepath.Join(dir, "data", "dynoxide")
	tools := filepath.Join(dir, "tools")
	for _, folder := range []string{stored, tools} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	running := lockable(dir)
	if err := running.lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := Forget(t.Context(), Options{DataDir: dir})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d,", os.Getpid())) {
		t.Errorf("while it runs: %v", err)
	}
	if _, err := os.Stat(stored); err != nil {
		t.Errorf("the data of a running stack: %v", err)
	}
	if err := running.held.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Forget(t.Context(), Options{DataDir: dir}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if _, err := os.Stat(stored); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data: %v, want none", err)
	}
	if _, err := os.Stat(tools); err != nil {
		t.Errorf("what is installed: %v", err)
	}
	if err := Forget(t.Context(), Options{DataDir: filepath.Join(dir, "none")}); err != nil {
		t.Errorf("without a folder: %v", err)
	}
}

// The README has scripts ask so.
func TestScriptsSeeWhetherAStackRuns(t *testing.T) {
	if _, err := exec.LookPath("flock"); err != nil {
		t.Skipf("left out: flock is missing (Debian: apt-get install util-linux): %v", err)
	}
	dir := t.TempDir()
	s := lockable(dir)
	if err := s.lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask := func() error { return exec.Command("flock", "-n", filepath.Join(dir, lockFile), "true").Run() }
	if err := ask(); err == nil {
		t.Error("nobody is said to run while a stack does")
	}
	if err := s.held.Close(); err != nil {
		t.Fatal(err)
	}
	if err := ask(); err != nil {
		t.Errorf("after the stack: %v", err)
	}
}

// lockable is a stack that has come no further than to its folder.
func lockable(dir string) *Stack {
	clock := func() time.Time { return time.Date(2026, 11, 26, 1, 2, 3, 0, time.Local) }
	return &Stack{options: Options{DataDir: dir}, console: newConsole(io.Discard, clock, false)}
}

// A stack that was killed leaves its endpoints. Whoever answers there now is no reason not to start.
func TestEndpointsOfAKilledStackAreCleared(t *testing.T) {
	dir := t.TempDir()
	stranger, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	file := filepath.Join(dir, endpointsFile)
	if err := writeJSON(file, Endpoints{HTTP: "http://" + stranger.Addr().String(), PID: 1}); err != nil {
		t.Fatal(err)
	}
	s := lockable(dir)
	if err := s.lock(t.Context()); err != nil {
		t.Error(err)
	}
	defer s.held.Close()
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

func TestAllPortsInUseAreNamedAtOnce(t *testing.T) {
	taken, err := listen(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.close()
	port := func(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }
	_, err = listen(t.Context(), Options{
		HTTPPort: port(taken.http), WSPort: port(taken.ws), InvokePort: port(taken.invoke), SQSPort: port(taken.sqs),
		SecretsManagerPort: port(taken.secrets), DynamoDBPort: port(taken.ws),
	})
	for _, setting := range []string{"HTTP_PORT", "WS_PORT", "INVOKE_PORT", "SQS_PORT", "SECRETS_MANAGER_PORT", "DYNAMODB_PORT"} {
		if err == nil || !strings.Contains(err.Error(), setting) {
			t.Errorf("%s is not in the error: %v", setting, err)
		}
	}
	outside, err := listen(t.Context(), Options{Engine: engine.External, DynamoDBPort: port(taken.ws)})
	if err != nil {
		t.Fatalf("the port of an engine outside is not ours: %v", err)
	}
	outside.close()
}

// writeProject makes a folder that the stack takes for a project.
func writeProject(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestWhatIsWrongWithTheTemplateIsToldByLine(t *testing.T) {
	dir := writeProject(t, map[string]string{"template.yaml": strings.Join([]string{
		"Transform: AWS::Serverless-2016-10-31",
		"Resources:",
		"  Cache:",
		"    Type: AWS::ElastiCache::CacheCluster",
	}, "\n")})
	_, err := Start(context.Background(), Options{Root: dir})
	if err == nil || !strings.Contains(err.Error(), "template.yaml:4") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, ".local", endpointsFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("endpoints of a stack that did not start: %v", err)
	}
}

func TestWhatTheCompilerSaysIsTold(t *testing.T) {
	dir := writeProject(t, map[string]string{"go.mod": "module broken\n", "main.go": "package main\n\nfunc main() { missing() }\n"})
	err := Build(t.Context(), dir, t.TempDir(), []template.Function{{CodeURI: "."}})
	if err == nil || !strings.Contains(err.Error(), "main.go:3") {
		t.Errorf("got %v", err)
	}
}

func TestAStoppedFunctionIsRefusedByLine(t *testing.T) {
	none := 0
	s := &Stack{system: &template.System{Functions: []template.Function{
		{LogicalID: "Sleeper", Line: 7, Name: "sleeper", CodeURI: "functions/sleeper", ReservedConcurrency: &none},
	}}}
	if err := s.startFunctions(); err == nil || !strings.Contains(err.Error(), "template.yaml:7: Sleeper") {
		t.Errorf("got %v", err)
	}
}
