package files_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"serverlesschat/localtest/aws/files"
)

func TestReplaceWritesAllOfIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "folder", "file")
	for _, content := range []string{"first", "", "third"} {
		if err := files.Replace(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("the file has %q, %v, want %q", got, err, content)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode != 0o640 {
		t.Errorf("mode is %o, want 640", mode)
	}
	expectAlone(t, path)
}

// expectAlone checks that nothing unfinished is beside the file.
func expectAlone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func TestCreateReplacesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	var group sync.WaitGroup
	var made [8]bool
	for i := range made {
		group.Go(func() {
			err := files.Create(path, fmt.Appendf(nil, "%d", i), 0o600)
			if made[i] = err == nil; err != nil && !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, first := range made {
		if first != (string(got) == fmt.Sprint(i)) {
			t.Errorf("Create number %d succeeded: %v; the file has %q", i, first, got)
		}
	}
	expectAlone(t, path)
}

func TestAFailedReplaceLeavesTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.MkdirAll(filepath.Join(path, "a folder that is not empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := files.Replace(path, []byte("new"), 0o600); err == nil {
		t.Error("a folder was replaced by a file")
	}
	expectAlone(t, path)
}

func TestALogStaysBelowItsLimit(t *testing.T) {
	const limit = 1000
	path := filepath.Join(t.TempDir(), "folder", "log")
	var last string
	for start := range 3 { // what an earlier start has written counts
		l, err := files.OpenLog(path, limit)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 50 {
			last = fmt.Sprintf("start %d line %02d %s\n", start, n, strings.Repeat("x", 30))
			if _, err := l.Write([]byte(last)); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var all []byte
	for _, name := range []string{path + ".1", path} {
		b, err := os.ReadFile(name)
		if err != nil || len(b) == 0 || len(b) > limit || b[len(b)-1] != '\n' {
			t.Errorf("%s has %d bytes, %v; want whole lines, at most %d bytes", name, len(b), err, limit)
		}
		all = append(all, b...)
	}
	if !bytes.HasSuffix(all, []byte(last)) {
		t.Errorf("the last line is not at the end: %q", all)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 2 {
		t.Errorf("files: %v", entries)
	}
}

func TestALogGoesOnAfterAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, err := files.OpenLog(path, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	obstacle := filepath.Join(path+".1", "in the way")
	if err := os.MkdirAll(obstacle, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Write([]byte("12345678\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Write([]byte("more\n")); err == nil {
		t.Error("the full log was put aside over a folder")
	}
	if err := os.RemoveAll(path + ".1"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Write([]byte("again\n")); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "again\n" {
		t.Errorf("the log has %q", got)
	}
}
