package rules

import (
	"go/ast"
	"slices"
	"strings"
	"testing"

	"serverlesschat/internal/apigw"
)

const actionTable = "internal/apigw/action.go"

const whyOneLine = "An action is one file of rules and one line of the table in " + actionTable +
	": who adds the next one follows docs/contributing.md, and must find that it is true"

// row is a line of the table of actions, as it is written.
type row struct {
	name   string // of the action
	reader string // the function that reads its fields, without its package
	input  string // the type that it returns
	file   string // that has both
}

// TestAnActionIsOneFileAndOneLine reads the table and looks where else the production code speaks of an action.
func TestAnActionIsOneFileAndOneLine(t *testing.T) {
	rows := tableOfActions(t)
	if len(rows) != len(apigw.Actions(apigw.Services{})) {
		t.Fatalf("%d lines were read, the table has %d", len(rows), len(apigw.Actions(apigw.Services{})))
	}
	for _, r := range rows {
		for _, s := range project(t).sources {
			forTests := s.isTest() || within(s.folder(), "localtest") || within(s.folder(), "internal/chattest")
			if forTests || s.path == r.file || s.path == actionTable {
				continue
			}
			ast.Inspect(s.syntax, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.ImportSpec:
					return false
				case *ast.Ident:
					if n.Name == r.reader {
						t.Errorf("%s speaks of %s. %s", s.path, r.reader, whyOneLine)
					}
				case *ast.SelectorExpr:
					if n.Sel.Name == r.input && isPackage(n.X, r.file) {
						t.Errorf("%s speaks of the input %s. %s", s.path, r.input, whyOneLine)
					}
				case *ast.BasicLit:
					if n.Value == `"`+r.name+`"` {
						t.Errorf("%s speaks of %s. %s", s.path, n.Value, whyOneLine)
					}
				}
				return true
			})
		}
	}
}

// isPackage reports whether x is the name of the package that the file is in.
func isPackage(x ast.Expr, file string) bool {
	id, ok := x.(*ast.Ident)
	return ok && strings.Contains(file, "/"+id.Name+"/")
}

// tableOfActions reads the calls action("name", function, package.ReadInput, …) of the table.
func tableOfActions(t *testing.T) []row {
	t.Helper()
	sources := project(t).sources
	i := slices.IndexFunc(sources, func(s *source) bool { return s.path == actionTable })
	if i < 0 {
		t.Fatalf("%s is missing", actionTable)
	}
	var rows []row
	ast.Inspect(sources[i].syntax, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if f, ok := call.Fun.(*ast.Ident); !ok || f.Name != "action" || len(call.Args) != 5 {
			return true
		}
		r := row{name: strings.Trim(call.Args[0].(*ast.BasicLit).Value, `"`), reader: call.Args[2].(*ast.SelectorExpr).Sel.Name}
		r.input, r.file = inputOf(t, r.reader)
		rows = append(rows, r)
		return true
	})
	return rows
}

// inputOf finds the function that reads an action's fields, and returns the type that it returns, and its file.
func inputOf(t *testing.T, reader string) (input, file string) {
	t.Helper()
	for _, s := range project(t).sources {
		for _, d := range s.syntax.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == reader {
				return f.Type.Results.List[0].Type.(*ast.Ident).Name, s.path
			}
		}
	}
	t.Fatalf("no function is called %s", reader)
	return "", ""
}
