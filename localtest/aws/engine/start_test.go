package engine_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/engine/enginetest"
)

// options are those for an engine of the test's own, kept in a folder.
func options(t *testing.T, kind engine.Kind, dataDir string) engine.Options {
	t.Helper()
	tools, err := enginetest.ToolsDir()
	if err != nil {
		t.Fatal(err)
	}
	if missing := engine.Missing(t.Context(), kind, tools); missing != "" {
		t.Skipf("left out: %s", missing)
	}
	return engine.Options{Kind: kind, ToolsDir: tools, DataDir: dataDir, Log: t.Output()}
}

// start starts an engine that ends with the test.
func start(t *testing.T, o engine.Options) *engine.Engine {
	t.Helper()
	e, err := engine.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// client talks to the engine over connections of its own, which end with the test.
func client(t *testing.T, e *engine.Engine) *dynamodb.Client {
	t.Helper()
	config := e.Config()
	connections := &http.Client{Transport: &http.Transport{}}
	config.HTTPClient = connections
	t.Cleanup(connections.CloseIdleConnections)
	return dynamodb.NewFromConfig(config)
}

func TestWhatIsAcknowledgedSurvivesAKill(t *testing.T) {
	for _, kind := range []engine.Kind{engine.Dynoxide, engine.Local} {
		t.Run(string(kind), func(t *testing.T) {
			o := options(t, kind, t.TempDir())
			first := start(t, o)
			arn, acknowledged := writeUntilKilled(t, first)
			second := start(t, o)
			db := client(t, second)
			if again, err := engine.StreamARN(t.Context(), db, "log"); err != nil || again != arn {
				t.Errorf("the stream is %q, %v, was %q", again, err, arn)
			}
			for id := range acknowledged {
				out, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &logTable, Key: row(id)})
				if err != nil {
					t.Fatal(err)
				}
				if out.Item == nil {
					t.Errorf("row %d of %d was acknowledged and is gone", id, acknowledged)
				}
			}
		})
	}
}

var logTable = "log"

func row(id int) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberN{Value: strconv.Itoa(id)}}
}

// writeUntilKilled writes rows 0, 1, 2 …, kills the engine in between and returns how many rows were acknowledged.
func writeUntilKilled(t *testing.T, e *engine.Engine) (arn string, acknowledged int) {
	t.Helper()
	db := client(t, e)
	table := engine.Table{Name: logTable, PartitionKey: engine.Key{Name: "id", Type: "N"}, StreamViewType: "KEYS_ONLY"}
	if err := engine.CreateTables(t.Context(), db, []engine.Table{table}); err != nil {
		t.Fatal(err)
	}
	arn, err := engine.StreamARN(t.Context(), db, logTable)
	if err != nil {
		t.Fatal(err)
	}
	const killAfter = 50
	for ; ; acknowledged++ {
		if acknowledged == killAfter {
			go kill(e.PID())
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			select {
			case <-e.Done(): // or the SDK would try again for long
				cancel()
			case <-ctx.Done():
			}
		}()
		_, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &logTable, Item: row(acknowledged)})
		cancel()
		if err != nil {
			break
		}
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if acknowledged < killAfter {
		t.Fatalf("only %d rows were written", acknowledged)
	}
	return arn, acknowledged
}

func TestDataFolderIsLocked(t *testing.T) {
	o := options(t, engine.Dynoxide, t.TempDir())
	e := start(t, o)
	if _, err := engine.Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "in use by another local stack") {
		t.Errorf("a second engine on the same data: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	start(t, o)
}

func TestTemporaryDataGoesWithTheEngine(t *testing.T) {
	parent := t.TempDir()
	t.Setenv("TMPDIR", parent)
	e := start(t, options(t, engine.Dynoxide, ""))
	folder := e.Folder()
	if _, err := os.Stat(folder); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", folder, err)
	}
	if left, _ := filepath.Glob(filepath.Join(parent, "*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o := options(t, engine.Dynoxide, t.TempDir())
	o.Port = l.Addr().(*net.TCPAddr).Port
	_, err = engine.Start(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "DYNAMODB_PORT") {
		t.Errorf("the error is %v", err)
	}
}

// Java is slow enough that two which start at once would both find the port free.
func TestOfTwoEnginesOnOnePortOneIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var both [2]struct {
		e   *engine.Engine
		err error
	}
	var group sync.WaitGroup
	for i := range both {
		o := options(t, engine.Local, t.TempDir())
		o.Port = port
		group.Go(func() { both[i].e, both[i].err = engine.Start(t.Context(), o) })
	}
	group.Wait()
	var started, refused int
	for _, one := range both {
		switch {
		case one.err == nil:
			started++
			if err := one.e.Close(); err != nil {
				t.Error(err)
			}
		case strings.Contains(one.err.Error(), "DYNAMODB_PORT"):
			refused++
		}
	}
	if started != 1 || refused != 1 {
		t.Errorf("they started with %v and %v", both[0].err, both[1].err)
	}
}

func TestWhatTheEngineSaysIsInTheError(t *testing.T) {
	o := options(t, engine.Dynoxide, t.TempDir())
	if err := os.WriteFile(filepath.Join(o.DataDir, "dynoxide.db"), bytes.Repeat([]byte("no database"), 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := engine.Start(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "not a valid SQLite database") {
		t.Errorf("the error is %v", err)
	}
}

func TestExternalEngine(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	o := engine.Options{Kind: engine.External, Endpoint: server.URL + "/"}
	e := start(t, o)
	if e.Endpoint() != server.URL || e.Done() != nil || e.PID() != 0 {
		t.Errorf("endpoint %q, process %d", e.Endpoint(), e.PID())
	}
	server.Close()
	for _, endpoint := range []string{server.URL, "", "127.0.0.1:8000", "ftp://127.0.0.1"} {
		o.Endpoint = endpoint
		if _, err := engine.Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "AWS_ENDPOINT_URL_DYNAMODB") {
			t.Errorf("endpoint %q: %v", endpoint, err)
		}
	}
}

func TestUnknownKind(t *testing.T) {
	if _, err := engine.Start(t.Context(), engine.Options{Kind: "sqlite"}); err == nil || !strings.Contains(err.Error(), `"sqlite"`) {
		t.Errorf("the error is %v", err)
	}
}

func kill(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}
