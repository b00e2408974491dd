package rules

import (
	"go/build/constraint"
	"slices"
	"strings"
	"testing"
)

// Where packages come from is the business of who builds: a mirror, a cache or nothing at all. Clients are set up for it;
// a host's name in a file goes past them.
func TestNoFileNamesARegistryOfPackages(t *testing.T) {
	hosts := []string{ // in two halves, since this file is read too
		"registry." + "npmjs.org", "registry." + "npmjs.com", "registry." + "yarnpkg.com", "proxy." + "golang.org", "sum." + "golang.org",
		"pypi." + "org", "files." + "pythonhosted.org", "repo." + "maven.apache.org", "repo1." + "maven.org", "central." + "sonatype",
		"search." + "maven.org", "crates." + "io", "rubygems." + "org", "deb." + "debian.org",
	}
	for name, text := range project(t).textFiles {
		for _, host := range hosts {
			if strings.Contains(text, host) {
				t.Errorf("%s names %s. Whoever builds behind a mirror has set up the client for it, and this would go past it", name, host)
			}
		}
	}
}

// A test behind a tag is one that nobody runs, and that breaks unseen. What is missing on a machine is looked for, and said.
func TestNoTestIsBehindATag(t *testing.T) {
	systems := []string{"unix", "linux", "darwin", "windows", "freebsd"}
	for _, s := range project(t).sources {
		for _, group := range s.syntax.Comments {
			for _, c := range group.List {
				if !constraint.IsGoBuild(c.Text) && !constraint.IsPlusBuild(c.Text) {
					continue
				}
				expression, err := constraint.Parse(c.Text)
				if err != nil {
					t.Errorf("%s: %v", s.path, err)
					continue
				}
				for _, answer := range []bool{true, false} { // so that both sides of && and of || are asked for
					expression.Eval(func(tag string) bool {
						if !slices.Contains(systems, tag) {
							t.Errorf("%s is built only with the tag %s. What nobody builds nobody keeps working; only systems may differ", s.path, tag)
						}
						return answer
					})
				}
			}
		}
	}
}
