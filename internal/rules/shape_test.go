package rules

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
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
			t.Errorf("%s: no comment begins with %q. A reader of the folder should not have to read all of it to learn "+
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

// Lengths are warnings, for one table may be long and one function of ten lines too much. make lint counts them.
const (
	manyLines     = 300
	manyTestLines = 400 // tables
	longFunction  = 40
	manyColumns   = 120
	tabColumns    = 4
)

func TestFilesAreShort(t *testing.T) {
	for _, s := range project(t).sources {
		many := manyLines
		if s.isTest() {
			many = manyTestLines
		}
		if s.lines > many {
			t.Logf("warning: %s has %d lines; over %d deserves a look", s.path, s.lines, many)
		}
	}
}

func TestLinesAreShort(t *testing.T) {
	for _, s := range project(t).sources {
		for i, line := range strings.Split(project(t).textFiles[s.path], "\n") {
			columns := utf8.RuneCountInString(line) + strings.Count(line, "\t")*(tabColumns-1)
			if columns > manyColumns {
				t.Logf("warning: %s:%d has %d columns; over %d deserves a break", s.path, i+1, columns, manyColumns)
			}
		}
	}
}

func TestFunctionsAreShort(t *testing.T) {
	for _, s := range project(t).sources {
		if s.isTest() { // tables
			continue
		}
		for _, d := range s.syntax.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil || isOnlyATable(f) {
				continue
			}
			if n := project(t).line(f.End()) - project(t).line(f.Pos()) + 1; n > longFunction {
				t.Logf("warning: %s: %s has %d lines; over %d deserves a look", s.path, f.Name.Name, n, longFunction)
			}
		}
	}
}

// isOnlyATable reports whether a function does nothing but return a value that is written out.
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
		call := onlyCall(s)
		if call == nil || !isSelector(call.Fun, "app", "Run") {
			t.Errorf("%s is more than a main that calls app.Run. A function's main is its line of internal/app, and no test runs it: "+
				"what it does belongs where tests do", s.path)
			continue
		}
		if name := path.Base(s.folder()); len(call.Args) == 0 || literal(call.Args[0]) != name {
			t.Errorf("%s does not run the function under the name of its folder, %q: logs and metrics go by that name", s.path, name)
		}
	}
	if mains == 0 {
		t.Error("there are no functions")
	}
}

// onlyCall returns the call that is all of a program's main, and nil if the file declares anything else.
func onlyCall(s *source) *ast.CallExpr {
	var mains []*ast.FuncDecl
	for _, d := range s.syntax.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			mains = append(mains, f)
		} else if d.(*ast.GenDecl).Tok != token.IMPORT {
			return nil
		}
	}
	if len(mains) != 1 || mains[0].Name.Name != "main" || len(mains[0].Body.List) != 1 {
		return nil
	}
	statement, ok := mains[0].Body.List[0].(*ast.ExprStmt)
	if !ok {
		return nil
	}
	call, _ := statement.X.(*ast.CallExpr)
	return call
}

func isSelector(e ast.Expr, pkg, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg && s.Sel.Name == name
}

// literal returns the text of a string literal, and nothing for anything else.
func literal(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(l.Value)
	return text
}
