package contract

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

	"go.yaml.in/yaml/v3"

	"serverlesschat/localtest/aws/template"
)

const realTemplate = "../../template.yaml"

func realSystem(t *testing.T, opts template.Options) *template.System {
	t.Helper()
	s, err := template.Load(realTemplate, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func functionOf(t *testing.T, s *template.System, id string) template.Function {
	t.Helper()
	i := slices.IndexFunc(s.Functions, func(f template.Function) bool { return f.LogicalID == id })
	if i < 0 {
		t.Fatalf("no function %s", id)
	}
	return s.Functions[i]
}

func TestTheTemplatesRoutes(t *testing.T) {
	s := realSystem(t, template.Options{})
	got := map[string]string{}
	for _, r := range s.WebSocket.Routes {
		got[r.Key] = r.Function
		if r.IntegrationTimeout != 29*time.Second {
			t.Errorf("%s: timeout %s", r.Key, r.IntegrationTimeout)
		}
		if want := r.Key != "$connect" && r.Key != "$disconnect" && r.Key != "typing"; r.HasResponse != want {
			t.Errorf("%s: HasResponse = %t", r.Key, r.HasResponse)
		}
	}
	want := map[string]string{"$connect": "ConnectFunction", "$disconnect": "DisconnectFunction",
		"sendMessage": "SendMessageFunction", "editMessage": "SendMessageFunction", "deleteMessage": "SendMessageFunction",
		"react": "SendMessageFunction", "typing": "DefaultFunction", "$default": "DefaultFunction"}
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

func TestTheTemplatesFunctions(t *testing.T) {
	opts := template.Options{StackName: "try", Region: "eu-west-1", AccountID: "123456789012",
		Parameters: map[string]string{"Stage": "prod", "Architecture": "x86_64", "SendMessageConcurrency": "7"}}
	s := realSystem(t, opts)
	f := functionOf(t, s, "FanoutFunction")
	for name, want := range map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB": "",
		"ENTRIES_TABLE":             "try-EntriesTable",
		"PUSH_FUNCTION":             functionOf(t, s, "PushFunction").Name,
		"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": "https://" + s.WebSocket.ID +
			".execute-api.eu-west-1.amazonaws.com/prod",
	} {
		if got, is := f.Environment[name]; !is || got != want {
			t.Errorf("%s = %q, %t; want %q", name, got, is, want)
		}
	}
	if f.ARN != "arn:aws:lambda:eu-west-1:123456789012:function:"+f.Name || f.Timeout != 30*time.Second ||
		f.MemoryMB != 1024 || f.Architecture != "x86_64" || f.Runtime != "provided.al2023" ||
		f.CodeURI != "functions/fanout" {
		t.Errorf("%+v", f)
	}
	if n := functionOf(t, s, "SendMessageFunction").ReservedConcurrency; n == nil || *n != 7 {
		t.Errorf("reserved concurrency %v, want 7", n)
	}
	if n := functionOf(t, realSystem(t, template.Options{}), "SendMessageFunction").ReservedConcurrency; n != nil {
		t.Errorf("reserved concurrency %d, want none", *n)
	}
	line := functionOf(t, s, "PushFunction").Line
	if line == 0 || !strings.HasPrefix(lineOf(t, line), "  PushFunction:") {
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

func TestTheTemplatesMappingAndTables(t *testing.T) {
	s := realSystem(t, template.Options{StackName: "try"})
	mappings := map[string]template.StreamMapping{}
	for _, m := range s.Mappings {
		mappings[m.LogicalID] = m
	}
	m, members := mappings["FanoutFunctionEntries"], mappings["ReceiptsFunctionMembers"]
	queue := template.Queue{
		LogicalID: "FanoutDeadLetters", Name: "try-FanoutDeadLetters",
		ARN: "arn:aws:sqs:us-east-1:000000000000:try-FanoutDeadLetters", VisibilityTimeout: 30 * time.Second,
		RetentionPeriod: 14 * 24 * time.Hour, MaximumMessageSize: 1 << 20,
	}
	want := template.StreamMapping{
		LogicalID: "FanoutFunctionEntries", Line: m.Line, Function: "FanoutFunction", Table: "EntriesTable",
		StartingPosition: "TRIM_HORIZON", BatchSize: 1000, ParallelizationFactor: 10, MaximumRetryAttempts: 4,
		MaximumRecordAge: time.Hour, BisectBatchOnError: true, ReportBatchItemFailures: true,
		Filters: []string{`{"eventName": ["INSERT"]}`}, DeadLetters: queue.LogicalID,
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("got  %+v\nwant %+v", m, want)
	}
	// Receipts may be lost: nothing is tried again. Only writes that move a cursor are told.
	want = template.StreamMapping{
		LogicalID: "ReceiptsFunctionMembers", Line: members.Line, Function: "ReceiptsFunction", Table: "MembersTable",
		StartingPosition: "TRIM_HORIZON", BatchSize: 1000, MaximumBatchingWindow: time.Second, ParallelizationFactor: 1,
		MaximumRecordAge: time.Minute,
		Filters:          []string{`{"eventName": ["MODIFY"], "dynamodb": {"NewImage": {"marked": {"BOOL": [true]}}}}`},
	}
	if !reflect.DeepEqual(members, want) || len(mappings) != 2 {
		t.Errorf("%d mappings, got  %+v\nwant %+v", len(mappings), members, want)
	}
	if !slices.Contains(s.Queues, queue) {
		t.Errorf("queues %+v", s.Queues)
	}
	tables := map[string]template.Table{}
	for _, table := range s.Tables {
		tables[table.LogicalID] = table
	}
	entries, connections := tables["EntriesTable"], tables["ConnectionsTable"]
	key := []template.KeyElement{{AttributeName: "room_id", KeyType: "HASH"}, {AttributeName: "id", KeyType: "RANGE"}}
	attributes := []template.AttributeDefinition{
		{AttributeName: "room_id", AttributeType: "S"}, {AttributeName: "id", AttributeType: "N"},
	}
	const stream = "arn:aws:dynamodb:us-east-1:000000000000:table/try-EntriesTable/stream/"
	if !slices.Equal(entries.KeySchema, key) || !slices.Equal(entries.AttributeDefinitions, attributes) ||
		entries.StreamViewType != "KEYS_ONLY" || !strings.HasPrefix(entries.StreamARN, stream) {
		t.Errorf("%+v", entries)
	}
	if connections.TTLAttribute != "expires_at" || connections.StreamARN != "" {
		t.Errorf("%+v", connections)
	}
	for _, name := range []string{"EntriesTable", "UsersTable"} { // what is shown goes by expires_at: rows go later
		if got := tables[name].TTLAttribute; got != "remove_at" {
			t.Errorf("rows of %s are removed by %q", name, got)
		}
	}
}

// Another value signs everybody out, and so does a secret that goes with its stack.
func TestTheTemplatesSecretStaysAsItIs(t *testing.T) {
	want := template.GenerateSecretString{PasswordLength: 64, ExcludePunctuation: true, RequireEachIncludedType: true}
	if s := realSystem(t, template.Options{}).Secrets; len(s) != 1 || s[0].LogicalID != "TokenSecret" || s[0].Generate != want {
		t.Errorf("secrets %+v", s)
	}
	data, err := os.ReadFile(realTemplate)
	if err != nil {
		t.Fatal(err)
	}
	var written struct {
		Resources map[string]struct {
			DeletionPolicy      string `yaml:"DeletionPolicy"`
			UpdateReplacePolicy string `yaml:"UpdateReplacePolicy"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(data, &written); err != nil {
		t.Fatal(err)
	}
	if r := written.Resources["TokenSecret"]; r.DeletionPolicy != "Retain" || r.UpdateReplacePolicy != "Retain" {
		t.Errorf("policies %+v", r)
	}
}

// TestTheTemplatesMisspelt changes one word of the template at a time; each must be found, at its line.
func TestTheTemplatesMisspelt(t *testing.T) {
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
		file := filepath.Join(t.TempDir(), "template.yaml")
		if err := os.WriteFile(file, []byte(strings.Replace(string(data), c.right, c.wrong, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := template.Load(file, template.Options{})
		var problems template.Problems
		if !errors.As(err, &problems) {
			t.Errorf("%s: %v", c.wrong, err)
			continue
		}
		if p := problems[0]; p.Line != line || !strings.Contains(p.Message, c.want) || p.Path == "" {
			t.Errorf("%s: got %s, want line %d and %q", c.wrong, p, line, c.want)
		}
	}
}

// TestEachRoleStandsUnderItsFunction: the rights are read with what needs them.
func TestEachRoleStandsUnderItsFunction(t *testing.T) {
	s := realSystem(t, template.Options{})
	lines := map[int]string{} // where functions and roles begin
	for _, f := range s.Functions {
		lines[f.Line] = f.LogicalID
	}
	for _, r := range s.Roles {
		lines[r.Line] = r.LogicalID
	}
	inOrder := slices.Sorted(maps.Keys(lines))
	for _, f := range s.Functions {
		next := slices.Index(inOrder, f.Line) + 1
		if f.Role == "" || next == len(inOrder) || lines[inOrder[next]] != f.Role {
			t.Errorf("template.yaml:%d: below %s stands not its role, %q", f.Line, f.LogicalID, f.Role)
		}
	}
	if len(s.Roles) != len(s.Functions) {
		t.Errorf("%d roles for %d functions", len(s.Roles), len(s.Functions))
	}
}
