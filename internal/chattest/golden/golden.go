// Package golden compares texts with files that pin them.
package golden

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Expect compares texts, by the names of their files, with the files of a folder, to the byte. Each text must have its
// file, and each file its text. With update it writes the files first.
func Expect(t testing.TB, folder string, texts map[string]string, update bool) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		path := filepath.Join(folder, name)
		if update {
			if err := os.WriteFile(path, []byte(texts[name]), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := texts[name]; got != string(want) {
			t.Errorf("%s: got\n%swant\n%s", path, got, want)
		}
	}
	ExpectFiles(t, folder, slices.Collect(maps.Keys(texts)))
}

// ExpectFiles checks that a folder has the files of these names, and no other: one that no test reads would pin nothing
// and look as if it did.
func ExpectFiles(t testing.TB, folder string, names []string) {
	t.Helper()
	found, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, file := range found {
		got = append(got, file.Name())
	}
	if want := slices.Sorted(slices.Values(names)); !slices.Equal(got, want) {
		t.Errorf("%s has %v, want %v", folder, got, want)
	}
}
