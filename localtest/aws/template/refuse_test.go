package template

import (
	"strings"
	"testing"
	"time"
)

// system is a template that uses a little of everything. Each row below changes one line of it.
const system = `Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: provided.al2023, Handler: bootstrap, Architectures: [x86_64]}
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.do
      DefaultRouteSettings: {ThrottlingRateLimit: 0.5, ThrottlingBurstLimit: 2}
      Routes:
        $default: {FunctionArn: !GetAtt Fn.Arn, RouteResponseSelectionExpression: $default}
        say: {FunctionArn: !GetAtt Fn.Arn, IntegrationTimeout: 50}
  Response:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Chat, RouteId: !Ref ChatDefaultRoute, RouteResponseKey: $default}
  Web:
    Type: AWS::Serverless::HttpApi
    Properties: {StageName: v1}
  Fn:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: go1.x}
    Properties:
      CodeUri: fn
      Environment: {Variables: {TABLE: !Ref Table}}
      Events:
        Get: {Type: HttpApi, Properties: {ApiId: !Ref Web, Method: get, Path: "/a/{b}/c/{d+}", TimeoutInMillis: 100}}
        Any: {Type: HttpApi, Properties: {ApiId: !Ref Web}}
        Changes:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: LATEST
            DestinationConfig: {OnFailure: {Destination: !GetAtt Queue.Arn}}
            FilterCriteria: {Filters: [{Pattern: '{"eventName": ["INSERT"]}'}]}
            FunctionResponseTypes: [ReportBatchItemFailures]
            MaximumRecordAgeInSeconds: 60
  Queue:
    Type: AWS::SQS::Queue
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: a, AttributeType: S}, {AttributeName: b, AttributeType: B}]
      KeySchema: [{AttributeName: a, KeyType: HASH}]
      GlobalSecondaryIndexes:
        - {IndexName: i, KeySchema: [{AttributeName: b, KeyType: HASH}], Projection: {ProjectionType: KEYS_ONLY}}
      StreamSpecification: {StreamViewType: NEW_IMAGE}
      TimeToLiveSpecification: {AttributeName: e, Enabled: false}
Outputs:
  Url: {Value: !Sub "${Web.ApiEndpoint}/v1"}
`

func TestRefused(t *testing.T) {
	expectRefusals(t, system, []refusal{
		{"Transform: AWS::Serverless-2016-10-31", "Transform: AWS::Include", "Transform", "must be AWS::Serverless-2016-10-31"},
		{"Globals:", "Mappings: {}\nGlobals:", "Mappings", "Mappings of the template is neither emulated"},
		{"Outputs:", "Outputs: [a]\nMetadata:", "Outputs", "must be a mapping"},
		{"  Function: {Runtime", "  Api: {Name: a}\n  Function: {Runtime", "Globals.Api", "Api of the template is neither emulated"},
		{"{Runtime: provided.al2023", "{Role: a, Runtime: provided.al2023", "Globals.Function.Role", "SAM takes this in a function only"},
		{"{Runtime: provided.al2023", "{Layers: [a], Runtime: provided.al2023", "Globals.Function.Layers", "Layers of AWS::Serverless::Function is neither"},
		{"{Runtime: provided.al2023", "{Runtime: nodejs22.x", "Globals.Function.Runtime", `"nodejs22.x" is not emulated`},
		{", Handler: bootstrap", "", "Resources.Fn", "Handler is missing"},
		{"Architectures: [x86_64]", "Architectures: [mips]", "Globals.Function.Architectures[0]", `"mips" is not emulated, only arm64, x86_64`},
		{"Architectures: [x86_64]", "Architectures: x86_64", "Globals.Function.Architectures", "must be a list"},
		{"  Queue:\n", "  Dead-Letters: {Type: AWS::SQS::Queue}\n  Queue:\n", "Resources.Dead-Letters", "letters and digits only"},
		{"  Queue:\n", "  Topic:\n    Type: AWS::SNS::Topic\n  Queue:\n", "Resources.Topic.Type", `"AWS::SNS::Topic" are neither emulated`},
		{"  Queue:\n", "  Odd:\n    Properties: {}\n  Queue:\n", "Resources.Odd", "Type is missing"},
		{"  Queue:\n", "  Table: {Type: AWS::SQS::Queue}\n  Queue:\n", "Resources.Table", "is written twice"},
		{"  Queue:\n", "  Api2: {Type: AWS::Serverless::HttpApi}\n  Queue:\n", "Resources.Api2", "a second AWS::Serverless::HttpApi is not emulated"},
		{"  Queue:\n", "  ChatSayRoute: {Type: AWS::SQS::Queue}\n  Queue:\n", "Resources.Chat.Properties.Routes.say", "makes a resource ChatSayRoute"},
		{"Type: AWS::SQS::Queue\n", "Type: AWS::SQS::Queue\n    DependsOn: [Fn, Tabel]\n", "Resources.Queue.DependsOn[1]", "did you mean Table?"},
		{"Type: AWS::SQS::Queue\n", "Type: AWS::SQS::Queue\n    Condition: Maybe\n", "Resources.Queue.Condition", "there is no condition Maybe"},
		{"Type: AWS::SQS::Queue\n", "Type: AWS::SQS::Queue\n    UpdatePolicy: {}\n", "Resources.Queue.UpdatePolicy", "UpdatePolicy of a resource"},
		{"Type: AWS::SQS::Queue\n", "Type: AWS::SQS::Queue\n    Properties: {FifoQueue: true}\n", "Resources.Queue.Properties.FifoQueue", "FifoQueue of AWS::SQS::Queue"},
		{"Type: AWS::SQS::Queue\n", "Type: AWS::SQS::Queue\n    Properties: []\n", "Resources.Queue.Properties", "must be a mapping"},
		{"BuildMethod: go1.x", "BuildMethod: makefile", "Resources.Fn.Metadata.BuildMethod", `"makefile" is not emulated`},

		{"$request.body.do", "$request.body.do.it", "Resources.Chat.Properties.RouteSelectionExpression", "only $request.body.NAME"},
		{"$request.body.do", "${request.body.do}", "Resources.Chat.Properties.RouteSelectionExpression", "only $request.body.NAME"},
		{"      Routes:\n", "      Auth: {AuthType: AWS_IAM}\n      Routes:\n", "Resources.Chat.Properties.Auth", "Auth of AWS::Serverless::WebSocketApi"},
		{"      Routes:\n", "      StageName: $default\n      Routes:\n", "Resources.Chat.Properties.StageName", "is not a stage name"},
		{", ThrottlingBurstLimit: 2", "", "Resources.Chat.Properties.DefaultRouteSettings", "ThrottlingBurstLimit is missing"},
		{"ThrottlingRateLimit: 0.5", "ThrottlingRateLimit: fast", "Resources.Chat.Properties.DefaultRouteSettings.ThrottlingRateLimit", "is not a rate"},
		{"ThrottlingRateLimit: 0.5", "ThrottlingRateLimit: 1, LoggingLevel: INFO", "Resources.Chat.Properties.DefaultRouteSettings.LoggingLevel", "LoggingLevel of"},
		{"      Routes:\n", "      RouteSettings: {sya: {ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1}}\n      Routes:\n", "Resources.Chat.Properties.RouteSettings.sya", `"sya" is not the key of a route of Chat`},
		{"      Routes:\n", "      RouteSettings: {say: {ThrottlingRateLimit: 1}}\n      Routes:\n", "Resources.Chat.Properties.RouteSettings.say", "ThrottlingBurstLimit is missing"},
		{"      Routes:\n", "      RouteSettings: {say: {DataTraceEnabled: true}}\n      Routes:\n", "Resources.Chat.Properties.RouteSettings.say.DataTraceEnabled", "DataTraceEnabled of"},
		{"      Routes:\n", "      RouteSettings: {$disconnect: {ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1}}\n      Routes:\n", "Resources.Chat.Properties.RouteSettings.$disconnect", "a throttle of $disconnect is not emulated"},
		{"StageName: v1", "RouteSettings: {GET /a: {ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1}}", "Resources.Web.Properties.RouteSettings.GET /a", `"GET /a" is not the key of a route of Web`},
		{"        say: {", "        say-it: {", "Resources.Chat.Properties.Routes.say-it", "SAM takes letters and digits"},
		{"        say: {", "        DEFAULT: {", "Resources.Chat.Properties.Routes.DEFAULT", "there is one already"},
		{"IntegrationTimeout: 50", "IntegrationTimeout: 49", "Resources.Chat.Properties.Routes.say.IntegrationTimeout", "from 50 to 29000"},
		{"IntegrationTimeout: 50", "ApiKeyRequired: true", "Resources.Chat.Properties.Routes.say.ApiKeyRequired", "ApiKeyRequired of"},
		{"IntegrationTimeout: 50", "RouteResponseSelectionExpression: x", "Resources.Chat.Properties.Routes.say.RouteResponseSelectionExpression", `"x" is not emulated`},
		{"        say: {FunctionArn: !GetAtt Fn.Arn", "        say: {FunctionArn: !Ref Fn", "Resources.Chat.Properties.Routes.say.FunctionArn", "is not the Arn of an AWS::Serverless::Function"},
		{"        say: {FunctionArn: !GetAtt Fn.Arn, ", "        say: {", "Resources.Chat.Properties.Routes.say", "FunctionArn is missing"},
		{"        say: {", "        $connect: {RouteResponseSelectionExpression: $default, ", "Resources.Chat.Properties.Routes.$connect.RouteResponseSelectionExpression", "a route response of $connect"},
		{"!Ref ChatDefaultRoute", "!Ref ChatDefaultIntegration", "Resources.Response.Properties.RouteId", "is not the id of a route of Chat"},
		{"ApiId: !Ref Chat,", "ApiId: !Ref Web,", "Resources.Response.Properties.ApiId", "is not the id of an AWS::Serverless::WebSocketApi"},
		{"RouteResponseKey: $default", "RouteResponseKey: x", "Resources.Response.Properties.RouteResponseKey", `"x" is not emulated`},

		{"StageName: v1", "CorsConfiguration: true", "Resources.Web.Properties.CorsConfiguration", "CorsConfiguration of"},
		{"Method: get", "Method: fetch", "Resources.Fn.Properties.Events.Get.Properties.Method", `"fetch" is not a method`},
		{"Method: get, ", "", "Resources.Fn.Properties.Events.Get.Properties", "Path and Method go together"},
		{"/a/{b}/c/{d+}", "a", "Resources.Fn.Properties.Events.Get.Properties.Path", "does not begin with /"},
		{"/a/{b}/c/{d+}", "/a/{b+}/c", "Resources.Fn.Properties.Events.Get.Properties.Path", `the segment "{b+}"`},
		{"/a/{b}/c/{d+}", "/a/x{b}", "Resources.Fn.Properties.Events.Get.Properties.Path", `the segment "x{b}"`},
		{"/a/{b}/c/{d+}", "/{b}/{b}", "Resources.Fn.Properties.Events.Get.Properties.Path", `the segment "{b}"`},
		{"/a/{b}/c/{d+}", "/a/", "Resources.Fn.Properties.Events.Get.Properties.Path", `the segment ""`},
		{"TimeoutInMillis: 100", "TimeoutInMillis: 30001", "Resources.Fn.Properties.Events.Get.Properties.TimeoutInMillis", "from 50 to 30000"},
		{"TimeoutInMillis: 100", "PayloadFormatVersion: 1.0", "Resources.Fn.Properties.Events.Get.Properties.PayloadFormatVersion", `"1.0" is not emulated`},
		{"        Any: {Type: HttpApi, Properties: {ApiId: !Ref Web}}", "        Any: {Type: HttpApi}", "Resources.Fn.Properties.Events.Any", "ApiId is missing"},
		{"        Any: {Type: HttpApi, Properties: {ApiId: !Ref Web}}", "        Any: {Type: Schedule}", "Resources.Fn.Properties.Events.Any.Type", `events of type "Schedule" are not emulated`},
		{"        Any: {Type: HttpApi, Properties: {ApiId: !Ref Web}}", "        Any: {Type: HttpApi, Properties: {ApiId: !Ref Web, Method: GET, Path: '/a/{b}/c/{d+}'}}", "Resources.Fn.Properties.Events.Any", "there is a route"},

		{"CodeUri: fn", "CodeUri: s3://bucket/key", "Resources.Fn.Properties.CodeUri", "is not a local folder"},
		{"CodeUri: fn", "CodeUri: fn\n      Timeout: 901", "Resources.Fn.Properties.Timeout", "from 1 to 900"},
		{"CodeUri: fn", "CodeUri: fn\n      MemorySize: 127", "Resources.Fn.Properties.MemorySize", "from 128 to 10240"},
		{"CodeUri: fn", "CodeUri: fn\n      FunctionName: a b", "Resources.Fn.Properties.FunctionName", "is not a name"},
		{"CodeUri: fn", "CodeUri: fn\n      FunctionName: !Ref Table", "Resources.Fn.Properties.FunctionName", "FunctionName can name parameters only"},
		{"CodeUri: fn", "CodeUri: fn\n      ReservedConcurrentExecutions: -1", "Resources.Fn.Properties.ReservedConcurrentExecutions", "is not a whole number"},
		{"TABLE: !Ref Table", "AWS_REGION: x", "Resources.Fn.Properties.Environment.Variables.AWS_REGION", "Lambda sets this variable itself"},
		{"TABLE: !Ref Table", "A-B: x", "Resources.Fn.Properties.Environment.Variables.A-B", "the name of a variable"},
		{"TABLE: !Ref Table", "BIG: " + strings.Repeat("x", 4094), "Resources.Fn.Properties.Environment.Variables", "take 4097 bytes"},
		{"Variables: {", "Other: {", "Resources.Fn.Properties.Environment.Other", "Other of AWS::Serverless::Function"},

		{"!GetAtt Table.StreamArn", "!GetAtt Table.Arn", "Resources.Fn.Properties.Events.Changes.Properties.Stream", "is not the StreamArn of"},
		{"StartingPosition: LATEST", "StartingPosition: AT_TIMESTAMP", "Resources.Fn.Properties.Events.Changes.Properties.StartingPosition", "is not emulated, only TRIM_HORIZON, LATEST"},
		{"StartingPosition: LATEST", "TumblingWindowInSeconds: 5", "Resources.Fn.Properties.Events.Changes.Properties.TumblingWindowInSeconds", "TumblingWindowInSeconds of an event of type DynamoDB"},
		{"StartingPosition: LATEST", "BatchSize: 0", "Resources.Fn.Properties.Events.Changes.Properties.BatchSize", "from 1 to 10000"},
		{"MaximumRecordAgeInSeconds: 60", "MaximumRecordAgeInSeconds: 59", "Resources.Fn.Properties.Events.Changes.Properties.MaximumRecordAgeInSeconds", "59 is too short"},
		{"MaximumRecordAgeInSeconds: 60", "ParallelizationFactor: 11", "Resources.Fn.Properties.Events.Changes.Properties.ParallelizationFactor", "from 1 to 10"},
		{"MaximumRecordAgeInSeconds: 60", "BisectBatchOnFunctionError: maybe", "Resources.Fn.Properties.Events.Changes.Properties.BisectBatchOnFunctionError", "neither true nor false"},
		{"{Destination: !GetAtt Queue.Arn}", "{Type: SNS, Destination: !GetAtt Queue.Arn}", "Resources.Fn.Properties.Events.Changes.Properties.DestinationConfig.OnFailure.Type", `"SNS" is not emulated`},
		{"{Destination: !GetAtt Queue.Arn}", "{Destination: !Ref Queue}", "Resources.Fn.Properties.Events.Changes.Properties.DestinationConfig.OnFailure.Destination", "is not the Arn of an AWS::SQS::Queue"},
		{`'{"eventName": ["INSERT"]}'`, `'["INSERT"]'`, "Resources.Fn.Properties.Events.Changes.Properties.FilterCriteria.Filters[0].Pattern", "must be a JSON object"},
		{`'{"eventName": ["INSERT"]}'`, `'null'`, "Resources.Fn.Properties.Events.Changes.Properties.FilterCriteria.Filters[0].Pattern", "must be a JSON object"},
		{"[ReportBatchItemFailures]", "[Other]", "Resources.Fn.Properties.Events.Changes.Properties.FunctionResponseTypes[0]", `"Other" is not emulated`},

		{"BillingMode: PAY_PER_REQUEST", "BillingMode: PROVISIONED", "Resources.Table.Properties.BillingMode", "only PAY_PER_REQUEST"},
		{"      BillingMode: PAY_PER_REQUEST\n", "", "Resources.Table", "BillingMode is missing"},
		{"      KeySchema:", "      LocalSecondaryIndexes: []\n      KeySchema:", "Resources.Table.Properties.LocalSecondaryIndexes", "LocalSecondaryIndexes of"},
		{"{AttributeName: a, KeyType: HASH}", "{AttributeName: a, KeyType: RANGE}", "Resources.Table.Properties.KeySchema[0].KeyType", "only HASH"},
		{"{AttributeName: a, KeyType: HASH}", "", "Resources.Table.Properties.KeySchema", "a key has at least one part"},
		{"{AttributeName: a, KeyType: HASH}", "{AttributeName: z, KeyType: HASH}", "Resources.Table.Properties.AttributeDefinitions", "z is part of a key and not defined"},
		{"AttributeType: B", "AttributeType: BOOL", "Resources.Table.Properties.AttributeDefinitions[1].AttributeType", "only S, N, B"},
		{"AttributeName: b, AttributeType", "AttributeName: c, AttributeType", "Resources.Table.Properties.AttributeDefinitions", "c is defined twice, or is part of no key"},
		{"ProjectionType: KEYS_ONLY", "ProjectionType: SOME", "Resources.Table.Properties.GlobalSecondaryIndexes[0].Projection.ProjectionType", `"SOME" is not emulated`},
		{"StreamViewType: NEW_IMAGE", "StreamViewType: ALL", "Resources.Table.Properties.StreamSpecification.StreamViewType", `"ALL" is not emulated`},
		{"Enabled: false", "Enabled: no", "Resources.Table.Properties.TimeToLiveSpecification.Enabled", "neither true nor false"},
		{"${Web.ApiEndpoint}", "${Webb}", "Outputs.Url.Value", "did you mean Web?"},
		{"Url: {", "Url: {Condition: Maybe, ", "Outputs.Url.Condition", "there is no condition Maybe"},
	})
}

// refusal is a template that is refused: wrong stands in the place of right, which a template has once. Its problem has
// the path, and says what is wanted.
type refusal struct{ right, wrong, path, want string }

func expectRefusals(t *testing.T, template string, refusals []refusal) {
	t.Helper()
	for _, r := range refusals {
		if n := strings.Count(template, r.right); n != 1 {
			t.Errorf("%q is there %d times", r.right, n)
			continue
		}
		text := strings.Replace(template, r.right, r.wrong, 1)
		_, err := load("t.yaml", []byte(text), Options{})
		problems, _ := err.(Problems)
		if !contains(problems, text, r.path, r.want) {
			t.Errorf("%s:\ngot\n%v\nwant %s: …%s…", r.wrong, err, r.path, r.want)
		}
	}
}

// contains looks for a problem, and that its line is the one on which the last part of its path, or its value, stands.
func contains(problems Problems, text, path, want string) bool {
	lines := strings.Split(text, "\n")
	for _, p := range problems {
		if p.Path != path || !strings.Contains(p.Message, want) || p.File != "t.yaml" || p.Line < 1 {
			continue
		}
		key := path[strings.LastIndex(path, ".")+1:]
		key, _, _ = strings.Cut(key, "[")
		near := lines[max(0, p.Line-2):p.Line] // a mapping or list may begin on the line after its key
		return strings.Contains(strings.Join(near, "\n"), key)
	}
	return false
}

func TestSystemItselfIsFine(t *testing.T) {
	s := resolve(t, system, nil)
	var keys []string
	for _, r := range s.HTTP.Routes {
		keys = append(keys, r.Key()+" "+r.Timeout.String())
	}
	if got := strings.Join(keys, ", "); got != "GET /a/{b}/c/{d+} 100ms, $default 30s" || s.HTTP.Stage != "v1" {
		t.Errorf("%s, stage %s", got, s.HTTP.Stage)
	}
	for _, r := range s.WebSocket.Routes {
		if r.HasResponse != (r.Key == "$default") {
			t.Errorf("%+v", r)
		}
	}
	if s.WebSocket.Throttle != (Throttle{0.5, 2}) || s.HTTP.Throttle != (Throttle{10000, 5000}) || s.WebSocket.Stage != "default" {
		t.Errorf("%+v %+v", s.WebSocket, s.HTTP)
	}
	m := s.Mappings[0]
	if m.BatchSize != 100 || m.MaximumRetryAttempts != -1 || m.ParallelizationFactor != 1 || m.DeadLetters != "Queue" {
		t.Errorf("%+v", m)
	}
	index := s.Tables[0].GlobalSecondaryIndexes[0]
	if index.Name != "i" || index.KeySchema[0] != (KeyElement{"b", "HASH"}) || index.ProjectionType != "KEYS_ONLY" {
		t.Errorf("%+v", index)
	}
	if s.Tables[0].TTLAttribute != "" {
		t.Errorf("time to live by %q", s.Tables[0].TTLAttribute)
	}
}

// TestGlobals: own values count before global ones, mappings are merged, and Architectures is replaced, not joined.
func TestGlobals(t *testing.T) {
	text := strings.Replace(system, "Handler: bootstrap,", "Handler: bootstrap, Timeout: 9, MemorySize: 256, Environment: {Variables: {TABLE: no, MORE: !Ref Queue}},", 1)
	text = strings.Replace(text, "CodeUri: fn\n", "CodeUri: fn\n      Timeout: 4\n      Architectures: [arm64]\n", 1)
	f := resolve(t, text, nil).Functions[0]
	if f.Timeout != 4*time.Second || f.MemoryMB != 256 || f.Architecture != "arm64" || len(f.Environment) != 2 ||
		f.Environment["TABLE"] != "local-Table" || !strings.HasSuffix(f.Environment["MORE"], "/local-Queue") {
		t.Errorf("%+v", f)
	}
}

func TestNoAPI(t *testing.T) {
	s := resolve(t, "Transform: AWS::Serverless-2016-10-31\nResources: {Q: {Type: 'AWS::SQS::Queue'}}", nil)
	if s.HTTP != nil || s.WebSocket != nil || len(s.Queues) != 1 {
		t.Errorf("%+v", s)
	}
}

// TestRouteResponseNeedsBoth: a response resource for a route that selects none sends nothing.
func TestRouteResponseNeedsBoth(t *testing.T) {
	text := strings.Replace(system, "ChatDefaultRoute", "ChatSayRoute", 1)
	for _, r := range resolve(t, text, nil).WebSocket.Routes {
		if r.HasResponse {
			t.Errorf("%+v", r)
		}
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	text := strings.NewReplacer("FunctionArn: !GetAtt Fn.Arn", "FunctionArn: !GetAtt Fm.Arn", "BillingMode", "BilingMode",
		"Method: get", "Method: fetch").Replace(system)
	problems := problemsOf(t, text, nil)
	if len(problems) != 5 { // two routes, the method, the misspelt property, the property that is missing
		t.Errorf("%d problems:\n%v", len(problems), problems)
	}
	for i := 1; i < len(problems); i++ {
		if problems[i].Line < problems[i-1].Line {
			t.Errorf("not by line:\n%v", problems)
		}
	}
}

func TestNotATemplate(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "the template is empty",
		"[a]":                              "t.yaml:1: a template is a mapping",
		"a: b\nc: [d\ne: f":                "t.yaml:1: not YAML: ",
		"a: b: c":                          "not YAML: ",
		"\ta":                              "not YAML: ",
		"a: b\n---\nc: d":                  "t.yaml:2: a template is one YAML document",
		"a: &x b\nc: *x":                   "t.yaml:2: c: YAML aliases are not supported",
		"a: &x {b: c}\nd: {<<: *x}":        "t.yaml:2: d: a key must be a name",
		"? [a]\n: b":                       "a key must be a name",
		"Resources: []":                    "t.yaml:1: Resources: must be a mapping",
		"Transform: x":                     "there is no Resources section",
		strings.Repeat("a", maxTemplate+1): "bytes are too many",
		"a: " + strings.Repeat("[", 80) + strings.Repeat("]", 80): "nested more than 64 deep",
	} {
		if err := problemsOf(t, text, nil); !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %q", text, err, want)
		}
	}
}
