package stack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFolderKeepsItsNameWhenItIsMoved(t *testing.T) {
	parent := t.TempDir()
	name := func(dir string) string {
		t.Helper()
		n, err := FolderName("shop", dir)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	a, b := filepath.Join(parent, "a"), filepath.Join(parent, "b")
	first := name(a)
	if !strings.HasPrefix(first, "shop-") || name(a) != first {
		t.Errorf("the names are %q and %q", first, name(a))
	}
	if name(b) == first {
		t.Errorf("two folders have the name %q", first)
	}
	moved := filepath.Join(parent, "moved")
	if err := os.Rename(a, moved); err != nil {
		t.Fatal(err)
	}
	if got := name(moved); got != first {
		t.Errorf("after it was moved the name is %q, was %q", got, first)
	}
	copied := filepath.Join(parent, "copied")
	if err := os.CopyFS(copied, os.DirFS(moved)); err != nil {
		t.Fatal(err)
	}
	if got := name(copied); got == first || name(copied) != got {
		t.Errorf("the copy's names are %q and %q, the original's %q", got, name(copied), first)
	}
	if got := name(moved); got != first {
		t.Errorf("after it was copied the name is %q, was %q", got, first)
	}
}

func TestADamagedIdentityIsTold(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, identityFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := FolderName("shop", dir); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("got %v", err)
	}
}
