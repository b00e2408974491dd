package stack

import (
	"log/slog"
	"strings"
	"testing"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/iam"
	"serverlesschat/localtest/aws/template"
)

// judged is a system with one function that reads a stream, and its role.
func judged() *template.System {
	const stream, queue = "arn:aws:dynamodb:r:a:table/t/stream/s", "arn:aws:sqs:r:a:q"
	return &template.System{
		Functions: []template.Function{{LogicalID: "Fn", Line: 7, Name: "chat-fn", Role: "FnRole", LogGroup: "logs"}},
		Tables:    []template.Table{{LogicalID: "Table", StreamARN: stream}},
		Mappings:  []template.StreamMapping{{LogicalID: "FnTable", Line: 9, Function: "Fn", Table: "Table", DeadLetters: "Letters"}},
		Queues:    []template.Queue{{LogicalID: "Letters", ARN: queue}},

		QueueMappings: []template.QueueMapping{{LogicalID: "FnLetters", Line: 11, Function: "Fn", Queue: "Letters"}},
		Roles: []template.Role{{LogicalID: "FnRole", Name: "chat-FnRole", Statements: []template.Statement{
			{Effect: "Allow", Actions: []string{"dynamodb:*"}, Resources: []string{stream}},
			{Effect: "Allow", Actions: []string{"dynamodb:ListStreams"}, Resources: []string{"*"}},
			{Effect: "Allow", Actions: []string{"sqs:SendMessage"}, Resources: []string{queue}},
			{Effect: "Allow", Actions: []string{receiveMessage, deleteMessage, getQueueAttributes}, Resources: []string{queue}},
		}}},
	}
}

func TestRightsThatCannotBeJudgedAreRefused(t *testing.T) {
	options := Options{Rights: func(iam.Call, iam.Decision) {}}
	s := &Stack{options: options, system: judged()}
	s.system.Functions[0].Role = ""
	if err := s.startRights(); err == nil || !strings.Contains(err.Error(), "template.yaml:7: Fn: its role is SAM's to make") {
		t.Errorf("without a role: %v", err)
	}
	options.Engine = engine.External
	s = &Stack{options: options, system: judged()}
	if err := s.startRights(); err == nil || !strings.Contains(err.Error(), "AWS_ENDPOINT_URL_DYNAMODB") {
		t.Errorf("with an engine outside: %v", err)
	}
}

func TestAMappingIsMadeOnlyIfItsFunctionMayReadTheStream(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func([]template.Statement)
		want   string
	}{
		{"all is given", func([]template.Statement) {}, ""},
		{"without the stream", func(s []template.Statement) { s[0].Resources[0] = "arn:aws:dynamodb:r:a:table/t" },
			"template.yaml:9: FnTable: cannot access stream"},
		{"without ListStreams", func(s []template.Statement) { s[1].Actions[0] = "dynamodb:ListTables" },
			"is not authorized to perform: dynamodb:ListStreams on resource: *"},
		{"without the queue", func(s []template.Statement) { s[2].Effect = "Deny" },
			"template.yaml:9: FnTable: the provided execution role does not have permissions to call SendMessage on SQS"},
	} {
		var reported int
		s := &Stack{options: Options{Rights: func(iam.Call, iam.Decision) { reported++ }}, system: judged()}
		c.change(s.system.Roles[0].Statements)
		if err := s.startRights(); err != nil {
			t.Fatal(err)
		}
		err := s.mayHaveMapping(s.system.Mappings[0])
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if reported != 0 {
			t.Errorf("%s: %d calls were reported, and none was made", c.name, reported)
		}
	}
}

func TestAMappingIsMadeOnlyIfItsFunctionMayReceiveFromTheQueue(t *testing.T) {
	const refused = "template.yaml:11: FnLetters: the provided execution role does not have permissions to call "
	for action, want := range map[int]string{
		-1: "", 0: refused + "ReceiveMessage on SQS", 1: refused + "DeleteMessage on SQS", 2: refused + "GetQueueAttributes on SQS",
	} {
		s := &Stack{options: Options{Rights: func(iam.Call, iam.Decision) { t.Error("a call was reported, and none was made") }}, system: judged()}
		if action >= 0 {
			s.system.Roles[0].Statements[3].Actions[action] = "sqs:TagQueue"
		}
		if err := s.startRights(); err != nil {
			t.Fatal(err)
		}
		err := s.mayHaveQueueMapping(s.system.QueueMappings[0])
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestALineOfALogIsWrittenUnderTheFunctionsRole(t *testing.T) {
	var reported []iam.Call
	var console strings.Builder
	s := &Stack{
		options: Options{Rights: func(c iam.Call, d iam.Decision) { reported = append(reported, c) }},
		system:  judged(), log: slog.New(slog.NewTextHandler(&console, nil)),
	}
	if err := s.startRights(); err != nil {
		t.Fatal(err)
	}
	s.judgeLog("chat-fn")
	if len(reported) != 2 || reported[1].Action != "logs:PutLogEvents" || !strings.HasSuffix(reported[1].Resource, ":log-group:logs:log-stream:chat-fn") {
		t.Errorf("reported %+v", reported)
	}
	if !strings.Contains(console.String(), "denied by the function's role") || !strings.Contains(console.String(), "action=logs:PutLogEvents") {
		t.Errorf("the console says %q", &console)
	}
}
