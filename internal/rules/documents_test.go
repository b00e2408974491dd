package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const contributing = "docs/contributing.md"

// TestTheWorkedExampleUsesWhatExists reads the code of the document that says how to add an action. What it names of our
// packages is there, or declared by the example itself. So a name that changes changes there too.
func TestTheWorkedExampleUsesWhatExists(t *testing.T) {
	blocks := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllStringSubmatch(project(t).textFiles[contributing], -1)
	if len(blocks) == 0 {
		t.Fatalf("%s has no code", contributing)
	}
	var parsed []*ast.File
	declared := map[string]bool{} // by the example
	for _, b := range blocks {
		f := parseFragment(b[1])
		if f == nil {
			t.Errorf("%s: this is no Go, neither a file, nor declarations, nor items of a list:\n%s", contributing, b[1])
			continue
		}
		parsed = append(parsed, f)
		for _, d := range f.Decls {
			for _, name := range declaredBy(d) {
				declared[name] = true
			}
		}
	}
	packages := packagesByName(t)
	for _, f := range parsed {
		for _, i := range f.Imports {
			if folder, ours := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), module); ours && project(t).byFolder[folder] == nil {
				t.Errorf("%s imports %s, which does not exist", contributing, folder)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				of, _ := selector.X.(*ast.Ident) // nil, which is called "<nil>", for all but a name
				if names, ours := packages[of.String()]; ours && !names[selector.Sel.Name] && !declared[selector.Sel.Name] {
					t.Errorf("%s uses %s.%s, which does not exist. Name what has taken its place", contributing, of, selector.Sel.Name)
				}
			}
			return true
		})
	}
}

// parseFragment parses a file, declarations, or items of a list; nil if the text is none of them.
func parseFragment(text string) *ast.File {
	for _, whole := range []string{text, "package p\n" + text, "package p\nvar _ = []any{\n" + text + "}\n"} {
		if f, err := parser.ParseFile(token.NewFileSet(), "", whole, parser.SkipObjectResolution); err == nil {
			return f
		}
	}
	return nil
}

// packagesByName returns what each package of the chat declares, by the package's name.
func packagesByName(t *testing.T) map[string]map[string]bool {
	t.Helper()
	packages := map[string]map[string]bool{}
	for folder, sources := range project(t).byFolder {
		if !within(folder, "internal") {
			continue
		}
		name := path.Base(folder)
		if packages[name] != nil {
			t.Fatalf("two packages are called %s", name)
		}
		packages[name] = map[string]bool{}
		for _, s := range slices.DeleteFunc(slices.Clone(sources), (*source).isTest) {
			for _, d := range s.syntax.Decls {
				for _, declared := range declaredBy(d) {
					packages[name][declared] = true
				}
			}
		}
	}
	return packages
}

// declaredBy returns the names that a declaration adds to its package. A method adds none.
func declaredBy(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, spec.Name.Name)
			case *ast.ValueSpec:
				for _, id := range spec.Names {
					names = append(names, id.Name)
				}
			}
		}
	}
	return names
}
