package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// operatorCommands are those of findStack.
func operatorCommands() []string {
	return []string{"redrive", "drain", "erasures", "invite", "reset-password"}
}

// TestTheTemplateHasTheOutputsOfEachCommand: what a command finds in AWS by an output is what it finds here by resource.
func TestTheTemplateHasTheOutputsOfEachCommand(t *testing.T) {
	data, err := os.ReadFile("../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Outputs map[string]struct {
			Value yaml.Node `yaml:"Value"`
		} `yaml:"Outputs"`
	}
	if err := yaml.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	for _, command := range operatorCommands() {
		if len(outputsFor(command)) == 0 {
			t.Errorf("%s needs nothing", command)
		}
		for _, name := range outputsFor(command) {
			value := template.Outputs[name].Value
			if value.Tag != "!Ref" || value.Value != resourceOf(name) {
				t.Errorf("%s: output %s is %s %q, want !Ref %s", command, name, value.Tag, value.Value, resourceOf(name))
			}
		}
	}
}

func TestACommandSaysWhichOutputsItNeeds(t *testing.T) {
	for command, want := range map[string]string{
		"redrive":        "the outputs DeadLetters, Jobs, JobsDeadLetters and RoomsTable are needed",
		"drain":          "the output Jobs is needed",
		"erasures":       "the outputs Checks and ErasuresTable are needed",
		"invite":         "the output AccountsTable is needed",
		"reset-password": "the output AccountsTable is needed",
	} {
		file := filepath.Join(t.TempDir(), "outputs.json")
		for _, outputs := range []string{`[]`, `[{"OutputKey":"` + outputsFor(command)[0] + `","OutputValue":""}]`} {
			if err := os.WriteFile(file, []byte(outputs), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := findStack(t.Context(), command, []string{file}); err == nil || err.Error() != file+": "+want {
				t.Errorf("%s with %s: %v, want %s", command, outputs, err, want)
			}
		}
	}
}

func TestWithoutALocalStackACommandSaysHowToStartOne(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, command := range operatorCommands() {
		_, err := findStack(t.Context(), command, nil)
		for _, want := range []string{"make local", "make " + command + " STACK=chat-dev"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s in it", command, err, want)
			}
		}
	}
}
