package rules

import (
	"go/ast"
	"slices"
	"strings"
	"testing"

	"serverlesschat/internal/apigw"
)

const (
	actionTable = "internal/apigw/action.go"
	replies     = "internal/wire/reply.go"
	protocol    = "docs/protocol.md"
	frameFiles  = "internal/wire/testdata/frames/"
)

const whyOneLine = "An action is one file of rules and one line of the table in " + actionTable +
	": to add the next one, people follow docs/contributing.md, which must be true"

// row is a line of the table of actions, as it is written.
type row struct {
	name   string // of the action
	reader string // the function that reads its fields, without its package
	input  string // the type that it returns
	file   string // that has both
	reply  string // the type of the frame that it is answered with
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

// TestAnActionIsInTheProtocol: each has its row there, which names its reply, and a file of golden frames; so has each
// reply.
func TestAnActionIsInTheProtocol(t *testing.T) {
	texts := project(t).textFiles
	for _, r := range tableOfActions(t) {
		for kind, name := range map[string]string{"action": r.name, "reply": r.reply} {
			row := rowOf(texts[protocol], name)
			if row == "" {
				t.Errorf("%s has no row for the %s %s. The document is the contract: nobody can use what is not in it. "+
					"Add a row that begins | `%s` |", protocol, kind, name, name)
			}
			if kind == "action" && row != "" && !strings.Contains(row, "| `"+r.reply+"` |") {
				t.Errorf("%s: the row of %s does not name its reply %s", protocol, name, r.reply)
			}
			if texts[frameFiles+name+".json"] == "" {
				t.Errorf("%s%s.json is missing. Other clients are tested with these frames. Add cases of the %s to the tests of "+
					"internal/wire, and run: go test ./internal/wire -run AsEver -update", frameFiles, name, kind)
			}
		}
	}
}

// rowOf returns the line of a table that begins with the name; "" when there is none.
func rowOf(text, name string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| `"+name+"` |") {
			return line
		}
	}
	return ""
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
		r := row{name: unquoted(call.Args[0]), reader: call.Args[2].(*ast.SelectorExpr).Sel.Name}
		r.input, r.file = inputOf(t, r.reader)
		r.reply = replyOf(t, call.Args[4].(*ast.SelectorExpr).Sel.Name)
		rows = append(rows, r)
		return true
	})
	return rows
}

func unquoted(literal ast.Expr) string { return strings.Trim(literal.(*ast.BasicLit).Value, `"`) }

// replyOf finds the function of package wire that encodes a reply, and returns the type of the frame, which it writes
// as header{"type", requestID}.
func replyOf(t *testing.T, encoder string) (name string) {
	t.Helper()
	for _, s := range project(t).byFolder["internal/wire"] {
		for _, d := range s.syntax.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name != encoder {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if c, ok := n.(*ast.CompositeLit); ok && len(c.Elts) == 2 {
					if id, ok := c.Type.(*ast.Ident); ok && id.Name == "header" {
						name = unquoted(c.Elts[0])
					}
				}
				return true
			})
		}
	}
	if name == "" {
		t.Fatalf(`internal/wire has no function %s that writes header{"type", requestID}: see %s`, encoder, replies)
	}
	return name
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
