package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
)

// These stories are about whose region and keys the calls of an engine are made with, and whose tables they reach.

// signers stands before an engine and keeps with which key and region it is called, as KEY/REGION.
type signers struct {
	mu   sync.Mutex
	seen map[string]bool
}

// credential is in each signed request (AWS Signature Version 4): KEY/DATE/REGION/SERVICE/aws4_request.
var credential = regexp.MustCompile(`Credential=([^/]*)/[0-9]*/([^/]*)/`)

// start returns the address for calls to an engine.
func (s *signers) start(t *testing.T, engine string) string {
	t.Helper()
	target, err := url.Parse(engine)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	proxy.Transport = transport
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if found := credential.FindStringSubmatch(r.Header.Get("Authorization")); found != nil {
			s.mu.Lock()
			s.seen[found[1]+"/"+found[2]] = true
			s.mu.Unlock()
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.Close(); transport.CloseIdleConnections() })
	return server.URL
}

func (s *signers) all() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for signer := range s.seen {
		all = append(all, signer)
	}
	return all
}

// shell is what a developer's shell may have set.
var shell = []string{
	"AWS_REGION=eu-north-1", "AWS_DEFAULT_REGION=eu-west-3", "AWS_ACCESS_KEY_ID=DEVELOPER", "AWS_SECRET_ACCESS_KEY=secret",
	"AWS_SESSION_TOKEN=", "AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
}

func TestTheShellsRegionAndKeysChangeNothing(t *testing.T) {
	for _, variable := range append(slices.Clone(shell), "AWS_PROFILE=there-is-none") {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	s := &signers{seen: map[string]bool{}}
	c, err := start(stack.Options{InMemory: true, DataDir: t.TempDir(), Engine: engine.Dynoxide,
		StoreFront: func(engine string) (string, error) { return s.start(t, engine), nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	}()
	talk(newWorld(t, c))
	if len(s.all()) == 0 {
		t.Error("no signed call was seen")
	}
	for _, signer := range s.all() {
		if strings.Contains(signer, "DEVELOPER") || !strings.HasSuffix(signer, "/us-east-1") {
			t.Errorf("a function has called the engine as %s", signer)
		}
	}
}

// talk lets two people talk, so that all functions have run.
func talk(w *world) {
	w.Helper()
	ann, bob := w.as("ann"), w.as("bob")
	ann.joins("lobby")
	bob.joins("lobby")
	ann.sends("lobby", "hello")
	bob.sees("lobby", "hello")
	ann.history("lobby", "")
}

func TestCheckoutsShareAnEngineOutside(t *testing.T) {
	if missing := engine.Missing(t.Context(), engine.Dynoxide, toolsDir); missing != "" {
		t.Skipf("left out: %s", missing)
	}
	outside, err := engine.Start(t.Context(), engine.Options{Kind: engine.Dynoxide, ToolsDir: toolsDir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = outside.Close() })
	s := &signers{seen: map[string]bool{}}
	variables := append(slices.Clone(shell), "AWS_ENDPOINT_URL_DYNAMODB="+s.start(t, outside.Endpoint()))
	var rooms [2]*world
	for i := range rooms {
		binary, dir := checkout(t)
		_, d := launch(t, binary, dir, variables...)
		rooms[i] = newWorld(t, d)
		tables := exec.Command(binary, "tables") // those of the stack, which are there
		tables.Dir, tables.Env = dir, append(os.Environ(), variables...)
		if out, err := tables.CombinedOutput(); err != nil {
			t.Errorf("localtest tables: %v\n%s", err, out)
		}
		rooms[i].name = "same" // rooms and users of the two have the same names
	}
	talk(rooms[0])
	authorization := "Bearer " + rooms[1].token("same-ann")
	if status, page := rooms[1].get("/rooms/same-lobby/messages", authorization); status != http.StatusNotFound {
		t.Errorf("the second checkout has the first one's room: %d %+v", status, page)
	}
	talk(rooms[1])
	if got := rooms[1].as("ann").history("lobby", ""); len(got.Messages) != 2 { // bob came in, and ann said hello
		t.Errorf("history of the second checkout: %+v", got)
	}
	if got := s.all(); len(got) != 1 || got[0] != "DEVELOPER/eu-north-1" {
		t.Errorf("the engine was called as %q", got)
	}
	config := outside.Config()
	config.HTTPClient = http.DefaultClient
	tables, err := dynamodb.NewFromConfig(config).ListTables(t.Context(), &dynamodb.ListTablesInput{Limit: aws.Int32(100)})
	if err != nil {
		t.Fatal(err)
	}
	byStack := map[string]int{}
	for _, name := range tables.TableNames {
		byStack[name[:strings.LastIndex(name, "-")]]++
	}
	if len(byStack) != 2 {
		t.Errorf("tables: %q", tables.TableNames)
	}
}
