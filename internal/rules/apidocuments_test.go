package rules

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/wire"
)

const (
	asyncAPI     = "docs/asyncapi.yaml"
	errorSchemas = "docs/schemas/error.yaml"
)

func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(project(t).textFiles[name]), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// TestAnActionIsInAsyncAPI: each is an operation there, whose first reply is the action's own and whose last one is the
// error.
func TestAnActionIsInAsyncAPI(t *testing.T) {
	type reference struct {
		Ref string `yaml:"$ref"`
	}
	var document struct {
		Operations map[string]struct {
			Action string
			Reply  struct{ Messages []reference }
		}
	}
	readYAML(t, asyncAPI, &document)
	for _, r := range tableOfActions(t) {
		operation, ok := document.Operations[r.name]
		if !ok || operation.Action != "receive" {
			t.Errorf("%s has no operation %s that the server receives. Tools know only what is in it: %s says how to add one",
				asyncAPI, r.name, contributing)
			continue
		}
		var replies []string
		for _, m := range operation.Reply.Messages {
			replies = append(replies, strings.TrimPrefix(m.Ref, "#/channels/connection/messages/"))
		}
		want := []string{r.reply, "error"}
		if r.reply == "" {
			want = want[1:]
		}
		if !slices.Equal(replies, want) {
			t.Errorf("%s: the replies of %s are %v, want %v", asyncAPI, r.name, replies, want)
		}
	}
}

// TestAnErrorCodeIsInTheSchemas compares the list and the table of codes, and which of them may be sent as retryable,
// with what the server sends.
func TestAnErrorCodeIsInTheSchemas(t *testing.T) {
	type row struct {
		Status    int
		Retryable bool
	}
	var document struct {
		Code struct {
			Enum []string
			Rows map[string]row `yaml:"x-codes"`
		} `yaml:"Code"`
		Failure struct {
			If struct {
				Properties struct{ Code struct{ Enum []string } }
			}
		} `yaml:"Failure"`
	}
	readYAML(t, errorSchemas, &document)
	want := map[string]row{}
	var names, retryable []string
	for _, code := range errorCodes(t) {
		var frame struct{ Error struct{ Retryable bool } }
		if err := json.Unmarshal(wire.Error("", chat.Errorf(code, "")), &frame); err != nil {
			t.Fatal(err)
		}
		r := row{wire.Status(chat.Errorf(code, "")), frame.Error.Retryable}
		if code == chat.CodeUnknownAction {
			r.Status = 0 // only frames have it
		}
		want[string(code)] = r
		names = append(names, string(code))
		if r.Retryable {
			retryable = append(retryable, string(code))
		}
	}
	for what, pair := range map[string][2]any{
		"Code.enum":    {sorted(document.Code.Enum), sorted(names)},
		"Failure.if":   {sorted(document.Failure.If.Properties.Code.Enum), sorted(retryable)},
		"Code.x-codes": {document.Code.Rows, want},
	} {
		if got, want := fmt.Sprint(pair[0]), fmt.Sprint(pair[1]); got != want {
			t.Errorf("%s, %s: got %s, want %s", errorSchemas, what, got, want)
		}
	}
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// schemaFiles are the files of what both documents use.
func schemaFiles(t *testing.T) []string {
	t.Helper()
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(project(t).textFiles)), func(name string) bool {
		return !strings.HasPrefix(name, "docs/schemas/")
	})
	if len(names) == 0 {
		t.Fatal("docs/schemas has no files")
	}
	return names
}

// AsyncAPI reads a schema by draft 7, where what stands beside a $ref is not read: a limit there would hold for one kind
// of tools, and not for the other.
func TestAReferenceStandsAlone(t *testing.T) {
	for _, name := range append(schemaFiles(t), asyncAPI, "docs/openapi.yaml") {
		var document any
		readYAML(t, name, &document)
		checkReferences(t, name, document)
	}
}

func checkReferences(t *testing.T, where string, value any) {
	t.Helper()
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			checkReferences(t, where, item)
		}
	case map[string]any:
		if ref, ok := value["$ref"]; ok && len(value) > 1 {
			t.Errorf("%s: $ref %v has something beside it. Write allOf: [{ $ref: … }] and the rest beside that", where, ref)
		}
		for name, member := range value {
			checkReferences(t, where+" "+name, member)
		}
	}
}
