package rules

import (
	"go/ast"
	"path"
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

// featureNames has the names of what rooms go without, of which one is called as an action is.
const featureNames = "internal/rooms/size.go"

const whatAReaderIs = "is its reader, which must be package.ReadX and return a type of its own package"

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
			if !forTests && s.path != r.file && s.path != actionTable && s.path != featureNames {
				checkDoesNotSpeakOf(t, s, r)
			}
		}
	}
}

// checkDoesNotSpeakOf looks for the action's name, its reader and its input in a file.
func checkDoesNotSpeakOf(t *testing.T, s *source, r row) {
	t.Helper()
	members := map[*ast.Ident]bool{} // names after a dot, and of methods: they are not of the package
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.FuncDecl:
			members[n.Name] = n.Recv != nil
		case *ast.SelectorExpr:
			members[n.Sel] = true
			if isOf(r, n.Sel) && folderOf(s, n.X) == path.Dir(r.file) {
				t.Errorf("%s speaks of %s. %s", s.path, n.Sel.Name, whyOneLine)
			}
		case *ast.Ident:
			if isOf(r, n) && !members[n] && s.folder() == path.Dir(r.file) {
				t.Errorf("%s speaks of %s. %s", s.path, n.Name, whyOneLine)
			}
		case *ast.BasicLit:
			// The frame that others get for an action without a reply may have its name.
			pushed := r.reply == "" && s.folder() == "internal/wire"
			if n.Value == `"`+r.name+`"` && !pushed {
				t.Errorf("%s speaks of %s. %s", s.path, n.Value, whyOneLine)
			}
		}
		return true
	})
}

// isOf reports whether a name is that of the action's reader or input.
func isOf(r row, name *ast.Ident) bool { return name.Name == r.reader || name.Name == r.input }

// folderOf returns the folder of the package that x names in a file; "" when it names none of ours.
func folderOf(s *source, x ast.Expr) string {
	name, ok := x.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, i := range s.syntax.Imports {
		folder, ours := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), module)
		if ours && (i.Name == nil && path.Base(folder) == name.Name || i.Name != nil && i.Name.Name == name.Name) {
			return folder
		}
	}
	return ""
}

// TestAnActionIsInTheProtocol: each has its row there, which names its reply, and a file of golden frames; so has each
// reply.
func TestAnActionIsInTheProtocol(t *testing.T) {
	texts := project(t).textFiles
	for _, r := range tableOfActions(t) {
		for kind, name := range map[string]string{"action": r.name, "reply": r.reply} {
			if name == "" {
				continue // it has no reply
			}
			row := rowOf(texts[protocol], name)
			if row == "" {
				t.Errorf("%s has no row for the %s %s. The document is the contract: nobody can use what is not in it. "+
					"Add a row that begins | `%s` |", protocol, kind, name, name)
			}
			if kind == "action" && row != "" && r.reply != "" && !strings.Contains(row, "| `"+r.reply+"` |") {
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

// noReply is the encoder of an action without a reply.
const noReply = "NoReply"

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
		f, ok := call.Fun.(*ast.Ident)
		if !ok || !strings.HasPrefix(f.Name, "action") || len(call.Args) < 5 {
			return true
		}
		r := row{name: unquoted(t, call.Args[0])}
		reader, isName := call.Args[2].(*ast.SelectorExpr)
		if !isName || folderOf(sources[i], reader.X) == "" {
			t.Fatalf("%s: the third part of the action %s %s", actionTable, r.name, whatAReaderIs)
		}
		r.reader = reader.Sel.Name
		r.input, r.file = inputOf(t, folderOf(sources[i], reader.X), r.reader)
		encoder, isName := call.Args[len(call.Args)-1].(*ast.SelectorExpr)
		if !isName || folderOf(sources[i], encoder.X) != "internal/wire" {
			t.Fatalf("%s: the last part of the action %s must be a function of package wire: see %s", actionTable, r.name, replies)
		}
		if encoder.Sel.Name != noReply {
			r.reply = replyOf(t, strings.TrimSuffix(encoder.Sel.Name, "Each")) // one of many is as one
		}
		rows = append(rows, r)
		return true
	})
	return rows
}

// unquoted returns the text of a literal.
func unquoted(t *testing.T, text ast.Expr) string {
	t.Helper()
	literal, ok := text.(*ast.BasicLit)
	if !ok {
		t.Fatalf("%s: write this name out, as a text in quotes: other files are searched for it",
			project(t).files.Position(text.Pos()))
	}
	return strings.Trim(literal.Value, `"`)
}

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
						name = unquoted(t, c.Elts[0])
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
func inputOf(t *testing.T, folder, reader string) (input, file string) {
	t.Helper()
	declared := map[string]bool{} // by the package
	var found *ast.FuncDecl
	for _, s := range project(t).byFolder[folder] {
		for _, d := range s.syntax.Decls {
			for _, name := range declaredBy(d) {
				declared[name] = true
			}
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == reader {
				found, file = f, s.path
			}
		}
	}
	switch {
	case found == nil:
		t.Fatalf("%s has no function %s: in %s, an action's third part %s", folder, reader, actionTable, whatAReaderIs)
	case found.Type.Results.NumFields() == 1:
		if result, ok := found.Type.Results.List[0].Type.(*ast.Ident); ok && declared[result.Name] {
			return result.Name, file
		}
	}
	t.Fatalf("%s: %s reads the fields of an action, but returns something else: in %s, an action's third part %s",
		file, reader, actionTable, whatAReaderIs)
	return "", ""
}
