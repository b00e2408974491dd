package template

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const realTemplate = "../../../template.yaml"

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

func realSystem(t *testing.T, opts Options) *System {
	t.Helper()
	s, err := Load(realTemplate, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *System) function(t *testing.T, id string) Function {
	t.Helper()
	i := slices.IndexFunc(s.Functions, func(f Function) bool { return f.LogicalID == id })
	if i < 0 {
		t.Fatalf("no function %s", id)
	}
	return s.Functions[i]
}

func TestRealTemplateRoutes(t *testing.T) {
	s := realSystem(t, Options{})
	got := map[string]string{}
	for _, r := range s.WebSocket.Routes {
		got[r.Key] = r.Function
		if r.IntegrationTimeout != 29*time.Second {
			t.Errorf("%s: timeout %s", r.Key, r.IntegrationTimeout)
		}
		if want := r.Key == "sendMessage" || r.Key == "$default"; r.HasResponse != want {
			t.Errorf("%s: HasResponse = %t", r.Key, r.HasResponse)
		}
	}
	want := map[string]string{"$connect": "ConnectFunction", "$disconnect": "DisconnectFunction",
		"sendMessage": "SendMessageFunction", "$default": "DefaultFunction"}
	if !maps.Equal(got, want) {
		t.Errorf("routes %v, want %v", got, want)
	}
	if s.WebSocket.RouteSelectionExpression != "$request.body.action" || s.WebSocket.Stage != "dev" {
		t.Errorf("selection %q, stage %q", s.WebSocket.RouteSelectionExpression, s.WebSocket.Stage)
	}
	keys := map[string]string{}
	for _, r := range s.HTTP.Routes {
		keys[r.Key()] = r.Function
	}
	for _, key := range []string{"GET /rooms/{room_id}/messages", "GET /health"} {
		if keys[key] != "HistoryFunction" {
			t.Errorf("route %s goes to %q", key, keys[key])
		}
	}
	if s.HTTP.Stage != "$default" {
		t.Errorf("stage %q", s.HTTP.Stage)
	}
}

func TestRealTemplateFunctions(t *testing.T) {
	opts := Options{StackName: "try", Region: "eu-west-1", AccountID: "123456789012",
		Parameters: map[string]string{"Stage": "prod", "Architecture": "x86_64", "SendMessageConcurrency": "7"}}
	s := realSystem(t, opts)
	f := s.function(t, "FanoutFunction")
	for name, want := range map[string]string{
		"LOG_LEVEL":                 "INFO", // from Globals
		"AWS_ENDPOINT_URL_DYNAMODB": "",
		"ENTRIES_TABLE":             "try-EntriesTable",
		"PUSH_FUNCTION":             s.function(t, "PushFunction").Name,
		"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": "https://" + s.WebSocket.ID + ".execute-api.eu-west-1.amazonaws.com/prod",
	} {
		if got, is := f.Environment[name]; !is || got != want {
			t.Errorf("%s = %q, %t; want %q", name, got, is, want)
		}
	}
	if f.ARN != "arn:aws:lambda:eu-west-1:123456789012:function:"+f.Name || f.Timeout != 120*time.Second ||
		f.MemoryMB != 1024 || f.Architecture != "x86_64" || f.Runtime != "provided.al2023" || f.CodeURI != "functions/fanout" {
		t.Errorf("%+v", f)
	}
	if n := s.function(t, "SendMessageFunction").ReservedConcurrency; n == nil || *n != 7 {
		t.Errorf("reserved concurrency %v, want 7", n)
	}
	if n := realSystem(t, Options{}).function(t, "SendMessageFunction").ReservedConcurrency; n != nil {
		t.Errorf("reserved concurrency %d, want none", *n)
	}
	if line := s.function(t, "PushFunction").Line; line == 0 || !strings.HasPrefix(lineOf(t, line), "  PushFunction:") {
		t.Errorf("line %d is %q", line, lineOf(t, line))
	}
}

func lineOf(t *testing.T, line int) string {
	t.Helper()
	data, err := os.ReadFile(realTemplate)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(data), "\n")[line-1]
}

func TestRealTemplateMappingAndTables(t *testing.T) {
	s := realSystem(t, Options{StackName: "try"})
	if len(s.Mappings) != 1 {
		t.Fatalf("%d mappings", len(s.Mappings))
	}
	m := s.Mappings[0]
	queue := Queue{LogicalID: "FanoutDeadLetters", ARN: "arn:aws:sqs:us-east-1:000000000000:try-FanoutDeadLetters"}
	want := StreamMapping{LogicalID: "FanoutFunctionEntries", Line: m.Line, Function: "FanoutFunction", Table: "EntriesTable",
		StartingPosition: "TRIM_HORIZON", BatchSize: 1000, ParallelizationFactor: 10, MaximumRetryAttempts: 4,
		MaximumRecordAge: time.Hour, BisectBatchOnError: true, ReportBatchItemFailures: true,
		Filters: []string{`{"eventName": ["INSERT"]}`}, DeadLetters: &queue}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("got  %+v\nwant %+v", m, want)
	}
	if !slices.Contains(s.Queues, queue) {
		t.Errorf("queues %+v", s.Queues)
	}
	tables := map[string]Table{}
	for _, table := range s.Tables {
		tables[table.LogicalID] = table
	}
	entries, connections := tables["EntriesTable"], tables["ConnectionsTable"]
	if !slices.Equal(entries.KeySchema, []KeyElement{{"room_id", "HASH"}, {"id", "RANGE"}}) ||
		!slices.Equal(entries.AttributeDefinitions, []AttributeDefinition{{"room_id", "S"}, {"id", "N"}}) ||
		entries.StreamViewType != "KEYS_ONLY" || !strings.HasPrefix(entries.StreamARN, "arn:aws:dynamodb:us-east-1:000000000000:table/try-EntriesTable/stream/") {
		t.Errorf("%+v", entries)
	}
	if connections.TTLAttribute != "expires_at" || connections.StreamARN != "" || entries.TTLAttribute != "" {
		t.Errorf("%+v", connections)
	}
}

// TestRealTemplateMisspelt changes one word of the template at a time; each must be found, at its line.
func TestRealTemplateMisspelt(t *testing.T) {
	data, err := os.ReadFile(realTemplate)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ right, wrong, want string }{
		{"!Ref ChatSendmessageRoute", "!Ref ChatSendMessageRoute", "did you mean ChatSendmessageRoute?"},
		{"!Ref PushFunction", "!Ref PushFunctoin", "did you mean PushFunction?"},
		{"!GetAtt ConnectFunction.Arn", "!GetAtt ConnectFunction.ARN", "has no attribute ARN here, only Arn"},
		{"- HasManagementEndpoint", "- HasManagmentEndpoint", "there is no condition HasManagmentEndpoint"},
		{"!GetAtt EntriesTable.StreamArn", "!GetAtt RoomsTable.StreamArn", "has no attribute StreamArn"},
		{"Resource: !GetAtt Logs.Arn", "Resource: !GetAtt Log.Arn", "did you mean Logs?"},
		{"BisectBatchOnFunctionError", "BisectBatchOnFunctionErrors", "neither emulated nor listed"},
	} {
		at := strings.Index(string(data), c.right)
		if at < 0 {
			t.Errorf("the template has no %q any more", c.right)
			continue
		}
		line := 1 + strings.Count(string(data[:at]), "\n")
		_, err := load("t.yaml", []byte(strings.Replace(string(data), c.right, c.wrong, 1)), Options{})
		var problems Problems
		if !errors.As(err, &problems) {
			t.Errorf("%s: %v", c.wrong, err)
			continue
		}
		if p := problems[0]; p.Line != line || !strings.Contains(p.Message, c.want) || p.Path == "" {
			t.Errorf("%s: got %s, want line %d and %q", c.wrong, p, line, c.want)
		}
	}
}

func TestLoadFile(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	for _, opts := range []Options{{StackName: "a b"}, {Region: "here"}, {AccountID: "12"}} {
		if _, err := Load(realTemplate, opts); err == nil {
			t.Errorf("%+v: no error", opts)
		}
	}
}
