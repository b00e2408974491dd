// Package rules holds the code to the rules that keep it readable and its parts apart. Each says why it is there; one
// that is in the way is to be changed here, with its reason, not passed by.
package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	root   = "../.."
	module = "serverlesschat/"
)

// source is a file of Go.
type source struct {
	path   string // from the root, with slashes
	syntax *ast.File
	lines  int
}

func (s *source) folder() string { return path.Dir(s.path) }

func (s *source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// imports returns the paths that the file imports.
func (s *source) imports() []string {
	var paths []string
	for _, i := range s.syntax.Imports {
		paths = append(paths, strings.Trim(i.Path.Value, `"`))
	}
	return paths
}

// tree is all of the project's Go, read once.
type tree struct {
	files     *token.FileSet
	sources   []*source
	byFolder  map[string][]*source
	textFiles map[string]string // every other text of the project too, by path
}

var readTree = sync.OnceValues(func() (*tree, error) {
	t := &tree{files: token.NewFileSet(), byFolder: map[string][]*source{}, textFiles: map[string]string{}}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		// What is made, not written. In a worktree .git is a file, and .local may be a link.
		made := slices.Contains([]string{".git", ".local", ".aws-sam", "node_modules"}, entry.Name())
		switch {
		case made && entry.IsDir():
			return fs.SkipDir
		case made || entry.IsDir():
			return nil
		}
		return t.read(name)
	})
	return t, err
})

func (t *tree) read(name string) error {
	data, err := os.ReadFile(name)
	if err != nil || slices.Contains(data, 0) { // not a text
		return err
	}
	relative, err := filepath.Rel(root, name)
	if err != nil {
		return err
	}
	relative = filepath.ToSlash(relative)
	t.textFiles[relative] = string(data)
	if path.Ext(relative) != ".go" {
		return nil
	}
	syntax, err := parser.ParseFile(t.files, relative, data, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	s := &source{path: relative, syntax: syntax, lines: strings.Count(string(data), "\n")}
	t.sources = append(t.sources, s)
	t.byFolder[s.folder()] = append(t.byFolder[s.folder()], s)
	return nil
}

func project(t *testing.T) *tree {
	t.Helper()
	found, err := readTree()
	if err != nil {
		t.Fatal(err)
	}
	if len(found.byFolder["internal/chat"]) == 0 || found.textFiles["template.yaml"] == "" {
		t.Fatal("this is not the project's root")
	}
	return found
}

// line returns the line of a place in its file.
func (t *tree) line(at token.Pos) int { return t.files.Position(at).Line }
