package template

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// resolve loads a template that must be right.
func resolve(t *testing.T, text string, parameters map[string]string) *System {
	t.Helper()
	s, err := load("t.yaml", []byte(text), Options{Parameters: parameters})
	if err != nil {
		t.Fatalf("load:\n%v", err)
	}
	return s
}

// problemsOf loads a template that must be wrong.
func problemsOf(t *testing.T, text string, parameters map[string]string) Problems {
	t.Helper()
	_, err := load("t.yaml", []byte(text), Options{Parameters: parameters})
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("load: %v, want problems", err)
	}
	return problems
}

func (s *System) function(t *testing.T, id string) Function {
	t.Helper()
	i := slices.IndexFunc(s.Functions, func(f Function) bool { return f.LogicalID == id })
	if i < 0 {
		t.Fatalf("no function %s", id)
	}
	return s.Functions[i]
}

func TestLoadFile(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	file := filepath.Join(t.TempDir(), "t.yaml")
	if err := os.WriteFile(file, []byte(system), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file, Options{}); err != nil {
		t.Error(err)
	}
	for _, opts := range []Options{{StackName: "a b"}, {Region: "here"}, {AccountID: "12"}} {
		if _, err := Load(file, opts); err == nil {
			t.Errorf("%+v: no error", opts)
		}
	}
}
