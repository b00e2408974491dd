package rules

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/wire"
)

// TestAnErrorCodeIsInTheProtocol compares the document's table of errors with what the server sends for each code.
func TestAnErrorCodeIsInTheProtocol(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([0-9]{3}|–) \\| `(true|false)` \\|")
	documented := map[string]string{}
	for _, m := range rows.FindAllStringSubmatch(project(t).textFiles[protocol], -1) {
		documented[m[1]] = m[2] + " " + m[3]
	}
	codes := errorCodes(t)
	for _, code := range codes {
		var frame struct{ Error struct{ Retryable bool } }
		if err := json.Unmarshal(wire.Error("", chat.Errorf(code, "")), &frame); err != nil {
			t.Fatal(err)
		}
		status := fmt.Sprint(wire.Status(chat.Errorf(code, "")))
		if code == chat.CodeUnknownAction {
			status = "–" // only frames have it
		}
		if want := fmt.Sprint(status, " ", frame.Error.Retryable); documented[string(code)] != want {
			t.Errorf("%s: the row of the code %s says %q, want %q. A row begins | `code` | status | `retryable` |",
				protocol, code, documented[string(code)], want)
		}
	}
	if len(documented) != len(codes) {
		t.Errorf("%s has rows for %d codes, the chat has %d", protocol, len(documented), len(codes))
	}
}

// errorCodes returns the codes that package chat declares.
func errorCodes(t *testing.T) []chat.Code {
	t.Helper()
	var codes []chat.Code
	for _, s := range project(t).byFolder["internal/chat"] {
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
				if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "Code" {
					codes = append(codes, chat.Code(unquoted(t, v.Values[0])))
				}
			}
			return true
		})
	}
	if len(codes) == 0 {
		t.Fatal("package chat declares no codes")
	}
	return codes
}

// TestTheProtocolNamesTestsThatExist: a promise whose test is gone is only claimed.
func TestTheProtocolNamesTestsThatExist(t *testing.T) {
	text := project(t).textFiles[protocol]
	whole := regexp.MustCompile("`([a-z0-9/]+)\\.(Test[A-Z][A-Za-z0-9]*)`").FindAllStringSubmatch(text, -1)
	if all := regexp.MustCompile("Test[A-Z][A-Za-z0-9]*").FindAllString(text, -1); len(all) != len(whole) {
		t.Errorf("%s names %d tests, and %d of them as `folder.TestName`. Write all of them like that", protocol, len(all), len(whole))
	}
	for _, m := range whole {
		if !hasTest(t, m[1], m[2]) {
			t.Errorf("%s names the test %s in %s, which does not exist. Name the test that has taken its place", protocol, m[2], m[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^\| ([0-9]) \|.*$`).FindAllStringSubmatch(text, -1) {
		if !regexp.MustCompile("`[a-z0-9/]+\\.Test").MatchString(m[0]) {
			t.Errorf("%s names no test of promise %s", protocol, m[1])
		}
	}
}

func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	return slices.ContainsFunc(project(t).byFolder[folder], func(s *source) bool {
		return s.isTest() && slices.ContainsFunc(s.syntax.Decls, func(d ast.Decl) bool {
			f, ok := d.(*ast.FuncDecl)
			return ok && f.Recv == nil && f.Name.Name == name
		})
	})
}

// TestPromisesHaveOneNumbering compares the places that list the promises. A violation carries a number only.
func TestPromisesHaveOneNumbering(t *testing.T) {
	want := numbers(t, protocol, "(?m)^\\| ([0-9]) \\| ")
	for name, list := range map[string]string{
		"README.md":                "(?m)^\\| ([0-9]) \\| ",
		"internal/chattest/doc.go": "(?m)^//  ([0-9])\\. ",
	} {
		if got := numbers(t, name, list); !slices.Equal(got, want) {
			t.Errorf("%s numbers the promises %v, %s %v", name, got, protocol, want)
		}
	}
}

// numbers returns the numbers of the rows of a list.
func numbers(t *testing.T, name, list string) []string {
	t.Helper()
	var found []string
	for _, m := range regexp.MustCompile(list).FindAllStringSubmatch(project(t).textFiles[path.Clean(name)], -1) {
		found = append(found, m[1])
	}
	if len(found) == 0 {
		t.Fatalf("%s lists no promises", name)
	}
	return found
}
