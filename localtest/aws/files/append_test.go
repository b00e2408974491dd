package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"serverlesschat/localtest/aws/files"
)

func TestLinesAreAppended(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "folder", "lines")
	for _, c := range []struct{ line, want string }{
		{"one", "one\n"},
		{"two", "one\ntwo\n"},
	} {
		if err := files.AppendLine(path, []byte(c.line)); err != nil {
			t.Fatal(err)
		}
		expectContent(t, path, c.want)
	}
	expectAlone(t, path)
}

func TestALineIsNotAppendedToHalfOfAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines")
	if err := os.WriteFile(path, []byte("one\nha"), 0o644); err != nil { // its writer was killed
		t.Fatal(err)
	}
	if err := files.AppendLine(path, []byte("two")); err != nil {
		t.Fatal(err)
	}
	expectContent(t, path, "one\nha\ntwo\n")
}

func expectContent(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("the file has %q, %v, want %q", got, err, want)
	}
}
