// Package apidoctest validates texts against the schemas of the API's documents. It is for tests: a chat that sends what
// its documents do not say, or refuses what they allow, has one of the two wrong.
package apidoctest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"serverlesschat/localtest/apidoc"
)

// Validator validates with the schemas of some documents. Its methods may be called from many goroutines.
type Validator struct {
	// Open takes members that no schema names, as the receiver of a frame does. Closed refuses them, so that nothing is
	// sent that the documents do not name.
	Open, Closed *Schemas
}

// New makes a Validator for the documents in a folder.
func New(folder fs.FS) *Validator {
	return &Validator{Open: newSchemas(folder, false), Closed: newSchemas(folder, true)}
}

// Schemas are the schemas of the documents. Each is compiled when it is used first.
type Schemas struct {
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
	closed   bool
}

// base stands before the names of files: a schema needs an absolute name.
const base = "file:///"

func newSchemas(folder fs.FS, closed bool) *Schemas {
	s := &Schemas{compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}, closed: closed}
	s.compiler.UseLoader(loader{folder, closed})
	s.compiler.UseRegexpEngine(compilePattern)
	return s
}

// Validate returns an error that says where a text breaks the schema of a shape, or that it is no JSON.
func (s *Schemas) Validate(shape apidoc.Shape, text []byte) error {
	schema, err := s.schema(shape.URL)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("%s: %w", shape.URL, err)
	}
	return nil
}

func (s *Schemas) schema(url string) (*jsonschema.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if schema := s.compiled[url]; schema != nil {
		return schema, nil
	}
	top := map[string]any{"$ref": base + url}
	if s.closed {
		closeValue(top)
	}
	name := fmt.Sprintf("top:///%d", len(s.compiled))
	if err := s.compiler.AddResource(name, top); err != nil {
		return nil, err
	}
	schema, err := s.compiler.Compile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	s.compiled[url] = schema
	return schema, nil
}

// loader reads the files of the documents.
type loader struct {
	folder fs.FS
	closed bool
}

// Load implements [jsonschema.URLLoader].
func (l loader) Load(url string) (any, error) {
	data, err := fs.ReadFile(l.folder, strings.TrimPrefix(url, base))
	if err != nil {
		return nil, err
	}
	var document any
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	if data, err = json.Marshal(document); err != nil {
		return nil, err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if l.closed {
		closeAll(value)
	}
	return value, err
}

// closeAll has each member and each item refuse what its schema does not name. A schema that is part of another, by
// allOf, is left as it is: it does not name all.
func closeAll(value any) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			closeAll(item)
		}
	case map[string]any:
		for v := range maps.Values(value) {
			closeAll(v)
		}
		if properties, ok := value["properties"].(map[string]any); ok {
			for p := range maps.Values(properties) {
				closeValue(p)
			}
		}
		closeValue(value["items"])
		closeValue(value["additionalProperties"])
	}
}

func closeValue(schema any) {
	if schema, ok := schema.(map[string]any); ok {
		schema["unevaluatedProperties"] = false
	}
}

// codePoint is how a pattern of JavaScript writes one.
var codePoint = regexp.MustCompile(`\\u(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{4}))`)

// compilePattern compiles a pattern of JavaScript, as far as Go has the same under another name.
func compilePattern(pattern string) (jsonschema.Regexp, error) {
	return regexp.Compile(codePoint.ReplaceAllString(pattern, `\x{$1$2}`))
}
