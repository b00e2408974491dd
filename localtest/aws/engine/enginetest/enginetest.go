// Package enginetest runs tests on both DynamoDB engines: the embedded one and Amazon's.
//
// Engines are started at the first test that needs them and shared by all tests of a test binary. Their data goes with
// them. Names of tables get a prefix, so that tests don't disturb each other. A package that uses it has
//
//	func TestMain(m *testing.M) { enginetest.Main(m) }
//
// which stops the engines and looks for leaked goroutines.
package enginetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"go.uber.org/goleak"

	"serverlesschat/localtest/aws/childproc"
	"serverlesschat/localtest/aws/engine"
)

// Engine is a running engine as one test sees it.
type Engine struct {
	// Name is dynoxide or dynamodb-local.
	Name string
	// Endpoint is the engine's address, such as http://127.0.0.1:8000.
	Endpoint string
	DynamoDB *dynamodb.Client
	Streams  *dynamodbstreams.Client

	prefix string
}

// Each runs the body once on each engine, as subtests of its name. Where an engine can't run, its subtest is skipped
// with a line that begins with "left out:" and says how to get what is missing.
func Each(t *testing.T, body func(t *testing.T, e *Engine)) {
	t.Helper()
	for _, s := range all() {
		t.Run(s.name, func(t *testing.T) { body(t, s.forTest(t)) })
	}
}

// Dynoxide is the embedded engine, for tests of which one engine is enough.
func Dynoxide(t *testing.T) *Engine {
	t.Helper()
	return all()[0].forTest(t)
}

// TableName is the name of the test's own table of that name.
func (e *Engine) TableName(name string) string { return e.prefix + name }

// CreateTable makes the test's own table and returns its full name. The table is deleted when the test ends.
func (e *Engine) CreateTable(t *testing.T, table engine.Table) string {
	t.Helper()
	table.Name = e.TableName(table.Name)
	if err := engine.CreateTables(t.Context(), e.DynamoDB, []engine.Table{table}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = e.DynamoDB.DeleteTable(context.WithoutCancel(t.Context()), &dynamodb.DeleteTableInput{TableName: &table.Name})
	})
	return table.Name
}

// Main runs the tests, stops the engines and exits. Goroutines that are left over then fail the run, but for those that
// the options allow.
func Main(m *testing.M, options ...goleak.Option) {
	code := m.Run()
	for _, s := range all() {
		if err := s.stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	options = append(options, goleak.IgnoreTopFunction(childproc.StarterFunction))
	if err := goleak.Find(options...); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// ToolsDir is the folder of installed engines: .local/tools beside the go.mod above the package under test.
func ToolsDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, ".local", "tools"), nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the package under test")
		}
		dir = parent
	}
}

// all has the engines of this test binary. It is the package's one piece of state: tests share them on purpose.
var all = sync.OnceValue(func() []*shared {
	return []*shared{
		{name: "dynoxide", kind: engine.Dynoxide},
		{name: "dynamodb-local", kind: engine.Local},
	}
})

// shared is an engine that is started once.
type shared struct {
	name string
	kind engine.Kind

	once    sync.Once
	engine  *engine.Engine
	http    *http.Client
	err     error
	missing string
	tests   atomic.Int64
}

func (s *shared) forTest(t *testing.T) *Engine {
	t.Helper()
	s.once.Do(s.start)
	if s.missing != "" {
		t.Skipf("left out: %s", s.missing)
	}
	if s.err != nil {
		t.Fatal(s.err)
	}
	config := s.engine.Config()
	config.HTTPClient = s.http
	return &Engine{
		Name:     s.name,
		Endpoint: s.engine.Endpoint(),
		DynamoDB: dynamodb.NewFromConfig(config),
		Streams:  dynamodbstreams.NewFromConfig(config),
		prefix:   fmt.Sprintf("test%d-", s.tests.Add(1)),
	}
}

func (s *shared) start() {
	ctx := context.Background()
	tools, err := ToolsDir()
	if err != nil {
		s.err = err
		return
	}
	if s.missing = engine.Missing(ctx, s.kind, tools); s.missing != "" {
		return
	}
	s.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	s.engine, s.err = engine.Start(ctx, engine.Options{Kind: s.kind, ToolsDir: tools})
}

func (s *shared) stop() error {
	if s.engine == nil {
		return nil
	}
	s.http.CloseIdleConnections()
	return s.engine.Close()
}
