package rules

import (
	"go/ast"
	"regexp"
	"testing"
)

const security = "docs/security.md"

// TestSecurityIsShownByTests: each test that the document names is there.
func TestSecurityIsShownByTests(t *testing.T) {
	p := project(t)
	tests := map[string]bool{}
	for _, s := range p.sources {
		for _, d := range s.syntax.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && s.isTest() {
				tests[f.Name.Name] = true
			}
		}
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`").FindAllStringSubmatch(p.textFiles[security], -1)
	if len(named) == 0 {
		t.Fatalf("%s names no test", security)
	}
	for _, m := range named {
		if !tests[m[1]] {
			t.Errorf("%s names %s, and there is no such test. A promise that nothing shows is none", security, m[1])
		}
	}
}
