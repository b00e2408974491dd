package rules

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

const whyNoState = "An environment of Lambda runs one invocation after the other, and tests run side by side: what one leaves in a " +
	"package another finds. Keep it in a value that is passed on"

// Package-level variables of the chat are errors to compare with, assertions for the compiler, and tables that nobody
// writes to.
func TestPackagesKeepNoState(t *testing.T) {
	for folder, files := range project(t).byFolder {
		if !within(folder, "internal") && !within(folder, "functions") {
			continue
		}
		variables := map[string]string{} // name → file
		for _, s := range files {
			if !s.isTest() {
				checkVariables(t, s, variables)
			}
		}
		for _, s := range files {
			if !s.isTest() {
				checkWrites(t, s, variables)
			}
		}
	}
}

// checkVariables reports the variables of a file that are no such thing, and keeps the names of the others.
func checkVariables(t *testing.T, s *source, variables map[string]string) {
	t.Helper()
	for _, d := range s.syntax.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		for _, spec := range group.Specs {
			spec := spec.(*ast.ValueSpec)
			for i, name := range spec.Names {
				if name.Name == "_" {
					continue
				}
				variables[name.Name] = s.path
				isError := strings.HasPrefix(name.Name, "Err") || strings.HasPrefix(name.Name, "err")
				if i >= len(spec.Values) || !isError && (!isTable(spec.Values[i]) || name.IsExported()) {
					t.Errorf("%s: the variable %s is neither an error nor a table of the package's own. %s", s.path, name.Name, whyNoState)
				}
			}
		}
	}
}

// isTable reports whether a value is written out: a literal, or a pattern compiled from one.
func isTable(value ast.Expr) bool {
	switch value := value.(type) {
	case *ast.CompositeLit:
		return true
	case *ast.CallExpr:
		f, ok := value.Fun.(*ast.SelectorExpr)
		return ok && f.Sel.Name == "MustCompile"
	}
	return false
}

// checkWrites reports where one of the variables, or a part of one, is written to or handed out to be.
func checkWrites(t *testing.T, s *source, variables map[string]string) {
	t.Helper()
	report := func(n ast.Expr, what string) {
		if name := rootName(n); variables[name] != "" {
			t.Errorf("%s:%d %s the variable %s of the package. %s", s.path, project(t).line(n.Pos()), what, name, whyNoState)
		}
	}
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, left := range n.Lhs {
					report(left, "writes to")
				}
			}
		case *ast.IncDecStmt:
			report(n.X, "writes to")
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				report(n.X, "takes the address of")
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear") {
				report(n.Args[0], "takes from")
			}
		}
		return true
	})
}

// rootName returns the name that an expression such as name.field[i] begins with.
func rootName(n ast.Expr) string {
	switch n := n.(type) {
	case *ast.Ident:
		return n.Name
	case *ast.IndexExpr:
		return rootName(n.X)
	case *ast.SelectorExpr:
		return rootName(n.X)
	case *ast.ParenExpr:
		return rootName(n.X)
	}
	return ""
}
