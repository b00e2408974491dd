package rules

import (
	"go/build/constraint"
	"path"
	"slices"
	"strings"
	"testing"
)

// Where packages come from is for the machine that builds to say: a mirror, a cache or nothing at all. Its clients are
// set up for it; a host's name in a file goes past them. Lock files are left alone: tools write them, hosts and all.
func TestNoFileNamesARegistryOfPackages(t *testing.T) {
	hosts := []string{ // in two halves, since this file is read too
		"registry." + "npmjs.org", "registry." + "npmjs.com", "registry." + "yarnpkg.com", "proxy." + "golang.org", "sum." + "golang.org",
		"pypi." + "org", "files." + "pythonhosted.org", "repo." + "maven.apache.org", "repo1." + "maven.org", "central." + "sonatype",
		"search." + "maven.org", "crates." + "io", "rubygems." + "org", "deb." + "debian.org",
	}
	for name, text := range project(t).textFiles {
		if strings.Contains(path.Base(name), "lock") {
			continue
		}
		for _, host := range hosts {
			if strings.Contains(text, host) {
				t.Errorf("%s names %s. A machine behind a mirror has its clients set up for it, and this would go past it", name, host)
			}
		}
	}
}

// A test behind a tag is one that nobody runs, and that breaks unseen. What is missing on a machine is looked for, and
// said.
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
