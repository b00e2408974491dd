package files_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"serverlesschat/localtest/aws/files"
)

func TestAFullDiskTakesNoPartOfALine(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=32k"); err != nil {
		t.Skipf("left out: a small disk can be mounted by root alone: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	path, filler := filepath.Join(disk, "lines"), filepath.Join(disk, "filler")
	err := errors.Join(files.AppendLine(path, []byte("one")), os.WriteFile(filler, make([]byte, 16<<10), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	two := strings.Repeat("2", 20<<10)
	for range 2 {
		if err := files.AppendLine(path, []byte(two)); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("on a full disk: %v", err)
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := files.AppendLine(path, []byte(two)); err != nil {
		t.Fatal(err)
	}
	expectContent(t, path, "one\n"+two+"\n")
}
