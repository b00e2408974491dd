package template

import (
	"strings"
	"testing"
)

// intrinsics is a template with one function, whose variable XX is the value under test.
const intrinsics = `Transform: AWS::Serverless-2016-10-31
Parameters:
  Size: {Type: Number, Default: 3}
  Word: {Type: String, Default: ""}
Conditions:
  Yes: !Equals [a, a]
  No: {"Fn::Not": [{Condition: Yes}]}
  Three: !Equals [!Ref Size, 3]
  Both: !And [!Condition Yes, {"Fn::Equals": [!Sub "${Size}", "3"]}]
  Either: !Or [!Condition No, !Condition Three]
  Neither: !Not [!Or [!Condition No, !Condition No]]
Globals:
  Function: {Runtime: provided.al2023, Handler: bootstrap}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: fn
      Environment:
        Variables:
          AA: here
          XX: VALUE
  Gone:
    Type: AWS::SQS::Queue
    Condition: No
  Live: {Type: "AWS::Serverless::WebSocketApi", Properties: {RouteSelectionExpression: $request.body.do, Routes: {say: {FunctionArn: !GetAtt Fn.Arn}}}}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: a, AttributeType: S}]
      KeySchema: [{AttributeName: a, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  Queue: {Type: "AWS::SQS::Queue"}
  Role: {Type: "AWS::IAM::Role", Properties: {AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}}}}
  Alarm: {Type: "AWS::CloudWatch::Alarm", Properties: {Metrics: [{Condition: {StringEquals: {a: b}}}]}}
  Log: {Type: "AWS::Logs::LogGroup"}
`

func withValue(value string) string { return strings.Replace(intrinsics, "VALUE", value, 1) }

func TestIntrinsicFunctions(t *testing.T) {
	api := stableID("Live", 10)
	for value, want := range map[string]string{
		`!Ref Size`:           "3",
		`{Ref: Size}`:         "3",
		`True`:                "true",
		`1_0`:                 "1_0",
		`2026-01-02`:          "2026-01-02",
		`!Ref Word`:           "",
		`!Ref AWS::Region`:    "us-east-1",
		`!Ref AWS::AccountId`: "000000000000",
		`!Sub "${AWS::Partition} ${AWS::StackName}"`: "aws local",
		`!Ref Table`:                                         "local-Table",
		`!GetAtt Table.Arn`:                                  "arn:aws:dynamodb:us-east-1:000000000000:table/local-Table",
		`!GetAtt [Table, StreamArn]`:                         "arn:aws:dynamodb:us-east-1:000000000000:table/local-Table/stream/" + streamLabel,
		`{"Fn::GetAtt": [Queue, Arn]}`:                       "arn:aws:sqs:us-east-1:000000000000:local-Queue",
		`{"Fn::GetAtt": Queue.QueueName}`:                    "local-Queue",
		`!Ref Queue`:                                         "https://sqs.us-east-1.amazonaws.com/000000000000/local-Queue",
		`!GetAtt Role.Arn`:                                   "arn:aws:iam::000000000000:role/local-Role",
		`!GetAtt Log.Arn`:                                    "arn:aws:logs:us-east-1:000000000000:log-group:local-Log:*",
		`!Ref Live`:                                          api,
		`!GetAtt Live.ApiEndpoint`:                           "wss://" + api + ".execute-api.us-east-1.amazonaws.com",
		`!Ref LiveDefaultStage`:                              stableID("LiveDefaultStage", 7),
		`!Sub "${Live}/${Queue.Arn}/${!x}/$y/{z}"`:           api + "/arn:aws:sqs:us-east-1:000000000000:local-Queue/${x}/$y/{z}",
		`!Sub ["${a}${Size}", {a: !Ref Word}]`:               "3",
		`{"Fn::Sub": ["${Size}-${b_1}", {Size: 9, b_1: x}]}`: "9-x",
		`!If [Three, yes, no]`:                               "yes",
		`!If [No, !Ref Gone, !If [Both, deep, !Ref Gone]]`:   "deep",
		`{"Fn::If": [Either, !Sub "${Size}", !Ref Word]}`:    "3",
		`!If [Neither, neither, !Ref AWS::NoValue]`:          "neither",
	} {
		f := resolve(t, withValue(value), nil).function(t, "Fn")
		if got := f.Environment["XX"]; got != want {
			t.Errorf("%s: got %q, want %q", value, got, want)
		}
	}
}

func TestNoValueRemoves(t *testing.T) {
	f := resolve(t, withValue("!If [Yes, !Ref AWS::NoValue, x]"), nil).function(t, "Fn")
	if _, is := f.Environment["XX"]; is || f.Environment["AA"] != "here" {
		t.Errorf("environment %v", f.Environment)
	}
}

// TestAbsent: a resource whose condition is false is not part of the system, and may name another that is not there.
func TestAbsent(t *testing.T) {
	text := withValue("x") + "  Absent: {Type: AWS::SQS::Queue, Condition: No, Properties: {Tags: [!GetAtt Gone.Arn]}, DependsOn: Gone}\n"
	if s := resolve(t, text, nil); len(s.Queues) != 1 || s.Queues[0].LogicalID != "Queue" {
		t.Errorf("%+v", s.Queues)
	}
	text = strings.Replace(text, "Gone.Arn", "Gon.Arn", 1)
	if err := problemsOf(t, text, nil).Error(); !strings.Contains(err, "did you mean Gone?") {
		t.Error(err)
	}
}

func TestIntrinsicFunctionsRefused(t *testing.T) {
	for value, want := range map[string]string{
		`!Join ["", [a, b]]`:                    "the intrinsic function !Join is not emulated",
		`{"Fn::ImportValue": x}`:                "the intrinsic function Fn::ImportValue is not emulated",
		`!Base64 x`:                             "the intrinsic function !Base64 is not emulated",
		`!Sub ["${a}", {a: !Select [0, [a]]}]`:  "the intrinsic function !Select is not emulated",
		`{"Fn::Sub": x, other: y}`:              "Fn::Sub must be the only key",
		`!Ref Tabel`:                            "there is no parameter or resource Tabel; did you mean Table?",
		`!Ref ""`:                               "there is no parameter or resource ",
		`!Ref [Table]`:                          "!Ref takes a name",
		`!Ref AWS::Regoin`:                      "did you mean AWS::Region?",
		`!Ref LiveSayRoot`:                      "did you mean LiveSayRoute?",
		`!Ref Gone`:                             "Gone is not there: its condition is false",
		`!If [Yes, !Ref Gone, x]`:               "Gone is not there: its condition is false",
		`!If [Yes, x, !Ref Nowhere]`:            "there is no parameter or resource Nowhere",
		`!If [Yess, a, b]`:                      "there is no condition Yess",
		`!If [Yes, a]`:                          "!If takes a condition and two values",
		`!If [!Equals [a, b], a, b]`:            "must be the name of a condition",
		`!Equals [a, b]`:                        "!Equals has its place in Conditions",
		`!Condition Yes`:                        "!Condition has its place in Conditions",
		`!GetAtt Table`:                         "!GetAtt takes a logical id and an attribute",
		`!GetAtt [Table, !Ref Word]`:            "!GetAtt takes a logical id and an attribute",
		`!GetAtt Table.Colour`:                  "Table has no attribute Colour here, only Arn, StreamArn",
		`!GetAtt Size.Arn`:                      "Size is a parameter and has no attributes",
		`!GetAtt LiveSayRoute.Arn`:              "LiveSayRoute has no attribute Arn here",
		`!Sub "${Table"`:                        "a ${ is not closed",
		`!Sub "${a b}"`:                         "${a b} is no name",
		`!Sub "${Nowhere}"`:                     "there is no parameter or resource Nowhere",
		`!Sub [x]`:                              "!Sub takes a text, or a text and a mapping",
		`!Sub ["${a}", {a: [b]}]`:               "must be text",
		`!Sub ["${a}", {a: !Ref AWS::NoValue}]`: "AWS::NoValue cannot stand here",
		`!Sub "${AWS::NoValue}"`:                "there is no parameter or resource AWS::NoValue",
		`[a]`:                                   "must be text",
		``:                                      "CloudFormation refuses null",
		`!!binary aGk=`:                         "the YAML tag !!binary",
	} {
		line := 1 + strings.Count(intrinsics[:strings.Index(intrinsics, "VALUE")], "\n")
		problems := problemsOf(t, withValue(value), nil)
		if p := problems[0]; p.Line != line || !strings.Contains(p.Message, want) ||
			!strings.HasPrefix(p.Path, "Resources.Fn.Properties.Environment.Variables.XX") {
			t.Errorf("%s: got %s, want line %d and %q", value, p, line, want)
		}
	}
}

func TestConditionsRefused(t *testing.T) {
	for condition, want := range map[string]string{
		`!Equals [a]`:                           "!Equals takes two values",
		`!Not [!Condition Yes, !Condition Yes]`: "!Not takes 1 to 1 conditions",
		`!And [!Condition Yes]`:                 "!And takes 2 to 10 conditions",
		`!Condition Nope`:                       "there is no condition Nope",
		`!Equals [!Ref Queue, a]`:               "Conditions can name parameters only, and Queue is a resource",
		`!Equals [!If [Yes, a, b], a]`:          "!If has no place in Conditions",
		`!Equals [!Ref AWS::NoValue, a]`:        "AWS::NoValue cannot stand here",
		`!Ref Size`:                             "!Ref is text, and a condition is needed",
		`!Contains [a]`:                         "the intrinsic function !Contains is not emulated",
		`yes`:                                   "must be a condition function",
		`!Condition Yes2`:                       "there is no condition Yes2",
		`!Not [!Condition Three]`:               "is part of a circle of conditions",
	} {
		text := strings.Replace(withValue("x"), "  Three: !Equals [!Ref Size, 3]", "  Three: "+condition, 1)
		if p := problemsOf(t, text, nil)[0]; p.Line != 8 || !strings.Contains(p.Message, want) {
			t.Errorf("%s: got %s, want line 8 and %q", condition, p, want)
		}
	}
}
