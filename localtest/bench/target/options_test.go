package target

import (
	"slices"
	"testing"
)

func TestParameters(t *testing.T) {
	defaults := map[string]string{"DirectPush": "true", "GatherMs": "25"}
	for _, c := range []struct {
		name      string
		given     []string // the flag, once or more
		all       string
		differing []string
		wrong     bool
	}{
		{name: "none"},
		{name: "one", given: []string{"DirectPush=false"},
			all: "DirectPush=false", differing: []string{"DirectPush=false"}},
		{name: "as it is anyway", given: []string{"DirectPush=true"}, all: "DirectPush=true"},
		{name: "two at once, and again", given: []string{"GatherMs=0,DirectPush=true", "HoleAgeMs=500"},
			all: "DirectPush=true,GatherMs=0,HoleAgeMs=500", differing: []string{"GatherMs=0", "HoleAgeMs=500"}},
		{name: "a value with an equals sign", given: []string{"A=b=c"}, all: "A=b=c", differing: []string{"A=b=c"}},
		{name: "an empty value", given: []string{"GatherMs="}, all: "GatherMs=", differing: []string{"GatherMs="}},
		{name: "no equals sign", given: []string{"DirectPush"}, wrong: true},
		{name: "no key", given: []string{"=1"}, wrong: true},
		{name: "nothing after a comma", given: []string{"A=1,"}, wrong: true},
		{name: "twice", given: []string{"A=1", "A=2"}, wrong: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p Parameters
			var err error
			for _, text := range c.given {
				if err == nil {
					err = p.Set(text)
				}
			}
			if (err != nil) != c.wrong {
				t.Fatalf("error %v, want one: %v", err, c.wrong)
			}
			if got := p.differing(defaults); !c.wrong && (p.String() != c.all || !slices.Equal(got, c.differing)) {
				t.Errorf("got %q, of which %q differ, want %q and %q", p.String(), got, c.all, c.differing)
			}
		})
	}
}
