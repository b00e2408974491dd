package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// script is an installation that a shell command makes; each run adds a line to the file that $RUNS names.
func script(command string) installation {
	return installation{
		name:    "thing-1",
		proof:   "thing",
		inputs:  map[string]string{"input": "what it needs"},
		command: []string{"sh", "-c", `echo run >> "$RUNS"; ` + command},
		advice:  "get a shell",
	}
}

func runs(t *testing.T) (count func() int) {
	file := filepath.Join(t.TempDir(), "runs")
	t.Setenv("RUNS", file)
	return func() int {
		b, _ := os.ReadFile(file)
		return strings.Count(string(b), "run")
	}
}

func TestInstallingTakesPlaceOnce(t *testing.T) {
	count, tools := runs(t), t.TempDir()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			dir, err := script("cp input thing").in(t.Context(), tools, io.Discard, func(string) {})
			if err != nil {
				t.Error(err)
				return
			}
			if b, err := os.ReadFile(filepath.Join(dir, "thing")); err != nil || string(b) != "what it needs" {
				t.Errorf("installed is %q, %v", b, err)
			}
		})
	}
	group.Wait()
	if n := count(); n != 1 {
		t.Errorf("the command ran %d times", n)
	}
}

func TestAFailedInstallationIsTriedAgain(t *testing.T) {
	count, tools := runs(t), t.TempDir()
	_, err := script("touch thing; echo no network; exit 3").in(t.Context(), tools, io.Discard, func(string) {})
	if err == nil || !strings.Contains(err.Error(), "no network") {
		t.Errorf("the error is %v", err)
	}
	if _, err := script("true").in(t.Context(), tools, io.Discard, func(string) {}); err == nil {
		t.Error("nothing was installed, and no error")
	}
	if _, err := script("cp input thing").in(t.Context(), tools, io.Discard, func(string) {}); err != nil {
		t.Error(err)
	}
	if n := count(); n != 3 {
		t.Errorf("the command ran %d times, want 3", n)
	}
}

func TestMissingCommandIsNamedWithAdvice(t *testing.T) {
	i := script("true")
	i.command[0] = "no-such-command"
	if _, err := i.in(t.Context(), t.TempDir(), io.Discard, func(string) {}); err == nil || err.Error() != i.advice {
		t.Errorf("the error is %v", err)
	}
}

func TestEmbeddedEngineForEachPlatform(t *testing.T) {
	for platform, want := range map[string]string{
		"linux/amd64": "linux-x64", "linux/arm64": "linux-arm64", "darwin/amd64": "darwin-x64", "darwin/arm64": "darwin-arm64",
	} {
		goos, goarch, _ := strings.Cut(platform, "/")
		i, err := dynoxideFor(goos, goarch)
		if err != nil || filepath.ToSlash(i.proof) != "node_modules/@dynoxide/"+want+"/dynoxide" {
			t.Errorf("%s: %q, %v", platform, i.proof, err)
		}
	}
	for _, platform := range []string{"windows/amd64", "windows/arm64", "linux/386", "freebsd/amd64"} {
		goos, goarch, _ := strings.Cut(platform, "/")
		_, err := dynoxideFor(goos, goarch)
		if err == nil || !strings.Contains(err.Error(), "DYNAMODB=local") || !strings.Contains(err.Error(), "AWS_ENDPOINT_URL_DYNAMODB") {
			t.Errorf("%s: %v", platform, err)
		}
	}
}

// The lock file must name, for each platform, one version and what npm chooses the package by. A new entry without a hash
// must be meant.
func TestLockFileHasEachPlatform(t *testing.T) {
	var lock struct {
		Packages map[string]struct {
			Version, Integrity string
			OS, CPU            []string
			Optional           bool
		}
	}
	if err := json.Unmarshal([]byte(packageLock), &lock); err != nil {
		t.Fatal(err)
	}
	withoutHash := []string{"darwin-arm64", "darwin-x64", "linux-arm64"} // none of these could be fetched
	for _, platform := range append([]string{"linux-x64"}, withoutHash...) {
		system, processor, _ := strings.Cut(platform, "-")
		p := lock.Packages["node_modules/@dynoxide/"+platform]
		if p.Version != DynoxideVersion || !p.Optional || !slices.Equal(p.OS, []string{system}) || !slices.Equal(p.CPU, []string{processor}) {
			t.Errorf("%s: the lock has %+v", platform, p)
		}
		if (p.Integrity == "") != slices.Contains(withoutHash, platform) {
			t.Errorf("%s: the hash is %q; the list of those without one is %v", platform, p.Integrity, withoutHash)
		}
	}
}

// npm leaves out a package that it cannot fetch, and ends without an error.
func TestAnEngineThatNpmDoesNotBringIsAnError(t *testing.T) {
	i, err := dynoxideFor("linux", "amd64")
	if err != nil {
		t.Fatal(err)
	}
	if err := i.checkCommand(); err != nil {
		t.Skipf("left out: %v", err)
	}
	i.command = append(i.command, "--offline", "--os=aix", "--cpu=ppc64") // nothing fits, so no network is needed
	_, err = i.in(t.Context(), t.TempDir(), io.Discard, func(string) {})
	if err == nil || !strings.Contains(err.Error(), "npm ci") || !strings.Contains(err.Error(), "left no "+i.proof) {
		t.Errorf("the error is %v", err)
	}
}

func TestSweepRemovesWhatNobodyHolds(t *testing.T) {
	parent := t.TempDir()
	folder := func(name string, locked, old bool) string {
		dir := filepath.Join(parent, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		lock := flock.New(filepath.Join(dir, lockName))
		if held, err := lock.TryLock(); err != nil || !held {
			t.Fatal(held, err)
		}
		if locked {
			t.Cleanup(func() { lock.Close() })
		} else {
			lock.Close()
		}
		if old {
			then := time.Now().Add(-2 * sweepAge)
			if err := os.Chtimes(dir, then, then); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	gone := folder(temporaryPrefix+"gone", false, true)
	kept := []string{folder(temporaryPrefix+"held", true, true), folder(temporaryPrefix+"new", false, false), folder("other", false, true)}
	sweep(parent)
	if _, err := os.Stat(gone); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there", gone)
	}
	for _, dir := range kept {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
}

func TestJavaIsRecognised(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	if err := checkJava(context.Background()); err == nil || !strings.Contains(err.Error(), "java is missing") {
		t.Errorf("without Java: %v", err)
	}
	for printed, want := range map[string]string{
		`openjdk version "17.0.15" 2025-04-15`: "",
		`java version "21" 2023-09-19`:         "",
		`openjdk version "11.0.2" 2019-01-15`:  "java is version 11",
		`java version "1.8.0_202"`:             "java is version 1",
		`no idea`:                              "printed",
	} {
		java := "#!/bin/sh\necho '" + printed + "' >&2\n"
		if err := os.WriteFile(filepath.Join(bin, "java"), []byte(java), 0o755); err != nil {
			t.Fatal(err)
		}
		err := checkJava(context.Background())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", printed, err)
		}
	}
}
