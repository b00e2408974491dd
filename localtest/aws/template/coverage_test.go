package template

import (
	"slices"
	"testing"
)

func TestListsDoNotOverlap(t *testing.T) {
	for typ, paths := range emulated() {
		if !slices.IsSorted(paths) {
			t.Errorf("%s: emulated is not in order", typ)
		}
		for _, path := range paths {
			if slices.Contains(withoutEffect()[typ], path) {
				t.Errorf("%s: %s is in both lists", typ, path)
			}
		}
	}
	for typ, paths := range withoutEffect() {
		if !slices.IsSorted(paths) {
			t.Errorf("%s: withoutEffect is not in order", typ)
		}
	}
}

func TestCoverage(t *testing.T) {
	c := newCoverage()
	c.add("T", []string{"A", "B.C", "D.*.E"})
	for _, row := range []struct {
		path         []string
		ends, goesOn bool
	}{
		{[]string{"A"}, true, false},
		{[]string{"B"}, false, true},
		{[]string{"B", "C"}, true, false},
		{[]string{"B", "D"}, false, false},
		{[]string{"D", "x"}, false, true},
		{[]string{"D", "x", "E"}, true, false},
		{[]string{"D", "x", "F"}, false, false},
		{[]string{"X"}, false, false},
	} {
		if ends, goesOn := c.find("T", row.path); ends != row.ends || goesOn != row.goesOn {
			t.Errorf("%v: %t, %t", row.path, ends, goesOn)
		}
	}
	if c.knows("U") || !c.knows(typeQueue) || !c.knows("AWS::IAM::Role") {
		t.Error("knows")
	}
}
