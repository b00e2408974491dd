package rules

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for folder, files := range project(t).byFolder {
		if strings.Contains(folder, "testdata") {
			continue
		}
		// The comment of a program begins with Command, as godoc has it.
		begins := "Package " + strings.TrimSuffix(files[0].syntax.Name.Name, "_test")
		if files[0].syntax.Name.Name == "main" {
			begins = "Command " + path.Base(folder)
		}
		if !slices.ContainsFunc(files, func(s *source) bool { return strings.HasPrefix(s.syntax.Doc.Text(), begins+" ") }) {
			t.Errorf("%s: no comment begins with %q. Who opens the folder should not have to read all of it to learn "+
				"what it is for", folder, begins)
		}
	}
}

func TestPackagesAreNamedByWhatTheyAreAbout(t *testing.T) {
	vague := []string{"types", "models", "model", "handlers", "handler", "utils", "util", "common", "helpers", "shared", "misc", "base"}
	for folder, files := range project(t).byFolder {
		if name := files[0].syntax.Name.Name; slices.Contains(vague, name) || slices.Contains(vague, path.Base(folder)) {
			t.Errorf("%s: a package %s is where all goes that has no place; name it by what it is about", folder, name)
		}
	}
}

const (
	manyLines, tooManyLines             = 300, 400
	manyTestLines, tooManyTestLines     = 400, 500
	longFunction, tooLongFunction       = 40, 60
	longestMain                     int = 25
)

func TestFilesAreShort(t *testing.T) {
	for _, s := range project(t).sources {
		many, tooMany := manyLines, tooManyLines
		if s.isTest() { // tables
			many, tooMany = manyTestLines, tooManyTestLines
		}
		switch {
		case s.lines > tooMany:
			t.Errorf("%s has %d lines. Nobody keeps more than %d in mind: what can be named by itself gets a file", s.path, s.lines, tooMany)
		case s.lines > many:
			t.Logf("%s has %d lines; over %d deserves a look", s.path, s.lines, many)
		}
	}
}

func TestFunctionsAreShort(t *testing.T) {
	all, long := 0, 0
	for _, s := range project(t).sources {
		if s.isTest() { // tables
			continue
		}
		for _, d := range s.syntax.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil || isOnlyATable(f) {
				continue
			}
			all++
			switch n := project(t).line(f.End()) - project(t).line(f.Pos()) + 1; {
			case n > tooLongFunction:
				t.Errorf("%s: %s has %d lines. A function is read at one glance, or it does more than one thing (at most %d)",
					s.path, f.Name.Name, n, tooLongFunction)
			case n > longFunction:
				long++
				t.Logf("%s: %s has %d lines; over %d deserves a look", s.path, f.Name.Name, n, longFunction)
			}
		}
	}
	if long*50 > all {
		t.Errorf("%d of %d functions have more than %d lines; it was to be the exception", long, all, longFunction)
	}
}

// isOnlyATable reports whether a function does nothing but give a value that is written out.
func isOnlyATable(f *ast.FuncDecl) bool {
	if len(f.Body.List) != 1 {
		return false
	}
	back, ok := f.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(back.Results) != 1 {
		return false
	}
	_, ok = back.Results[0].(*ast.CompositeLit)
	return ok
}

func TestMainsHandOver(t *testing.T) {
	mains := 0
	for _, s := range project(t).sources {
		if !within(s.folder(), "functions") {
			continue
		}
		mains++
		if s.lines >= longestMain || path.Base(s.path) != "main.go" {
			t.Errorf("%s has %d lines. A function's main is its line of internal/app, and no test runs it: what it does belongs where tests do",
				s.path, s.lines)
		}
		if name := path.Base(s.folder()); !strings.Contains(project(t).textFiles[s.path], `app.Run("`+name+`", app.`) {
			t.Errorf("%s does not run the function under the name of its folder: logs and metrics go by that name", s.path)
		}
	}
	if mains == 0 {
		t.Error("there are no functions")
	}
}
