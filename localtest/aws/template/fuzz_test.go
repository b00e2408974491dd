package template

import (
	"testing"

	"go.yaml.in/yaml/v3"
)

// FuzzLoad: whatever the bytes, load ends, does not panic, and names the file in what it reports.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(system))
	f.Add([]byte(seldom))
	f.Add([]byte(intrinsics))
	f.Add([]byte(withRole))
	f.Add([]byte(withQueues))
	f.Add([]byte(withSecret))
	f.Add([]byte(parameters))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("Conditions: {A: !Condition A}\nResources: {R: {Type: x, DependsOn: R, Condition: A, Properties: !If [A, 1, 2]}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := load("t.yaml", data, Options{Parameters: map[string]string{"Stage": "x"}})
		if (s == nil) == (err == nil) {
			t.Fatalf("%v, %v", s, err)
		}
		problems, _ := err.(Problems)
		for _, p := range problems {
			if p.File != "t.yaml" || p.Message == "" {
				t.Fatalf("%+v", p)
			}
		}
	})
}

// TestOddValuesEverywhere puts every kind of value in the place of every value of a template, one at a time: readers
// must report what they do not expect, and never panic.
func TestOddValuesEverywhere(t *testing.T) {
	for name, text := range map[string]string{
		"a little of everything": system, "a role": withRole, "queues": withQueues, "a secret": withSecret,
	} {
		t.Run(name, func(t *testing.T) { putOddValuesEverywhere(t, text) })
	}
}

func putOddValuesEverywhere(t *testing.T, text string) {
	var file yaml.Node
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	var places []*yaml.Node
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		places = append(places, n)
		for _, inner := range n.Content {
			walk(inner)
		}
	}
	walk(file.Content[0])
	for _, odd := range []string{"x", "[]", "{}", "{x: y}", "!Ref Nowhere", "!Ref AWS::NoValue", "!If [x, y, z]", "~", "{Fn::Sub: {}}"} {
		var value yaml.Node
		if err := yaml.Unmarshal([]byte(odd), &value); err != nil {
			t.Fatal(err)
		}
		for _, place := range places {
			kept := *place
			*place = *value.Content[0]
			if data, err := yaml.Marshal(&file); err == nil {
				s, err := load("t.yaml", data, Options{})
				if (s == nil) == (err == nil) {
					t.Errorf("%s in line %d: %v, %v", odd, kept.Line, s, err)
				}
			}
			*place = kept
		}
	}
}
