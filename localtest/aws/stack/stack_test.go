package stack

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"serverlesschat/localtest/aws/childproc"
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

func TestEndpointsOfAKilledStackAreCleared(t *testing.T) {
	file := filepath.Join(t.TempDir(), endpointsFile)
	if err := clearEndpoints(file); err != nil {
		t.Errorf("without a file: %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := (Endpoints{HTTP: "http://" + listener.Addr().String()}).write(file); err != nil {
		t.Fatal(err)
	}
	if err := clearEndpoints(file); err == nil || !strings.Contains(err.Error(), listener.Addr().String()) {
		t.Errorf("while it answers: %v", err)
	}
	listener.Close()
	if err := clearEndpoints(file); err != nil {
		t.Errorf("when it is dead: %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

func TestAPortThatIsTakenIsNamedByItsSetting(t *testing.T) {
	taken, err := listen(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.close()
	_, err = listen(Options{WSPort: taken.ws.Addr().(*net.TCPAddr).Port})
	if err == nil || !strings.Contains(err.Error(), "WS_PORT") {
		t.Errorf("got %v", err)
	}
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
