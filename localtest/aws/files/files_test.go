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
	"syscall"
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

func TestRenameTakesAFolderWithItsContent(t *testing.T) {
	parent := t.TempDir()
	from, to := filepath.Join(parent, "unfinished"), filepath.Join(parent, "done")
	if err := files.Replace(filepath.Join(from, "a", "b"), []byte("content"), 0o444); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("missing", filepath.Join(from, "link")); err != nil { // npm makes such
		t.Fatal(err)
	}
	if err := files.Rename(from, to); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(to, "a", "b")); err != nil || string(got) != "content" {
		t.Errorf("the file has %q, %v", got, err)
	}
	expectAlone(t, to)
	if err := files.Rename(from, to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not there was renamed: %v", err)
	}
}

func TestALogStaysBelowItsLimit(t *testing.T) {
	const limit = 1000
	path := filepath.Join(t.TempDir(), "folder", "log")
	var last string
	for start := range 3 { // what an earlier start has written counts
		l, err := files.OpenLog(path, limit, nil)
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

func TestALogThatCannotBeWrittenStopsNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var reported []error
	l, err := files.OpenLog(path, 10, func(err error) { reported = append(reported, err) })
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	write := func(line string) {
		t.Helper()
		if n, err := l.Write([]byte(line)); n != len(line) || err != nil {
			t.Errorf("Write of %q returned %d, %v", line, n, err)
		}
	}
	write("12345678\n")
	if err := os.MkdirAll(filepath.Join(path+".1", "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	write("lost\n")
	write("lost\n")
	if len(reported) != 1 || reported[0] == nil {
		t.Errorf("reported after two failures: %v", reported)
	}
	if err := os.RemoveAll(path + ".1"); err != nil {
		t.Fatal(err)
	}
	write("again\n")
	write("more\n")
	if len(reported) != 2 || reported[1] != nil {
		t.Errorf("reported in all: %v", reported)
	}
	got, _ := os.ReadFile(path + ".1")
	rest, _ := os.ReadFile(path)
	if all := string(got) + string(rest); all != "again\nmore\n" {
		t.Errorf("the log has %q", all)
	}
}

func TestALogThatSomebodyRemovedGoesOn(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "folder")
	path := filepath.Join(folder, "log")
	l, err := files.OpenLog(path, 10, func(err error) { t.Errorf("reported: %v", err) })
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, removed := range []string{path, folder} {
		if err := os.RemoveAll(removed); err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"full\n", "12345678\n"} { // the second turns it over
			_, _ = l.Write([]byte(line))
		}
		if got, err := os.ReadFile(path); string(got) != "12345678\n" {
			t.Errorf("%s was removed; the log has %q, %v", removed, got, err)
		}
	}
}

// /dev/full is a disk that is full (full(4)).
func TestAFullDiskIsReported(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skipf("left out: needs /dev/full, which this system does not have: %v", err)
	}
	path := filepath.Join(t.TempDir(), "log")
	if err := os.Symlink("/dev/full", path); err != nil {
		t.Fatal(err)
	}
	var reported []error
	l, err := files.OpenLog(path, files.LogLimit, func(err error) { reported = append(reported, err) })
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, _ = l.Write([]byte("line\n"))
	if len(reported) != 1 || !errors.Is(reported[0], syscall.ENOSPC) {
		t.Errorf("reported: %v", reported)
	}
}
