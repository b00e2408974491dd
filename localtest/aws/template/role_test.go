package template

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// withRole is a template with one function and its role. Each row of TestRolesAreRefusedByLine changes one line of it.
const withRole = `Transform: AWS::Serverless-2016-10-31
Parameters: {Stage: {Type: String, Default: dev}}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: fn, Runtime: provided.al2023, Handler: bootstrap, Role: !GetAtt Role.Arn, LoggingConfig: {LogGroup: !Ref Log}}
  Log: {Type: "AWS::Logs::LogGroup"}
  Queue: {Type: "AWS::SQS::Queue"}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: [lambda.amazonaws.com]}, Action: sts:AssumeRole}
      Policies:
        - PolicyName: one
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: [logs:CreateLogStream, logs:PutLogEvents]
                Resource: !GetAtt Log.Arn
              - Effect: Deny
                NotAction: sqs:*
                NotResource: [!Sub "${Queue.Arn}", "*"]
        - PolicyName: two
          PolicyDocument:
            Version: "2012-10-17"
            Statement: {Sid: x, Effect: Allow, Action: sqs:SendMessage, Resource: "*"}
`

func TestRolesAreReadWithTheirStatements(t *testing.T) {
	s := resolve(t, withRole, nil)
	want := []Role{{
		LogicalID: "Role", Line: 9, Name: "local-Role",
		Statements: []Statement{
			{Line: 21, Effect: "Allow", Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
				Resources: []string{"arn:aws:logs:us-east-1:000000000000:log-group:local-Log:*"}},
			{Line: 24, Effect: "Deny", NotActions: []string{"sqs:*"},
				NotResources: []string{"arn:aws:sqs:us-east-1:000000000000:local-Queue", "*"}},
			{Line: 30, Effect: "Allow", Actions: []string{"sqs:SendMessage"}, Resources: []string{"*"}},
		},
	}}
	if !reflect.DeepEqual(s.Roles, want) {
		t.Errorf("got  %+v\nwant %+v", s.Roles, want)
	}
	if f := s.Functions[0]; f.Role != "Role" || f.LogGroup != "local-Log" {
		t.Errorf("role %q, log group %q", f.Role, f.LogGroup)
	}
	if f := resolve(t, system, nil).Functions[0]; f.Role != "" || f.LogGroup != "/aws/lambda/local-Fn" {
		t.Errorf("without either: role %q, log group %q", f.Role, f.LogGroup)
	}
}

func TestRolesAreRefusedByLine(t *testing.T) {
	for _, c := range []struct{ right, wrong, want string }{
		{"Action: [logs:CreateLogStream", "Condition: {Bool: {aws:SecureTransport: true}}\n                Action: [logs:CreateLogStream",
			"Condition of AWS::IAM::Role is neither emulated"},
		{"Action: sts:AssumeRole}", "Action: sts:AssumeRole, Condition: {}}", "Condition of AWS::IAM::Role is neither emulated"},
		{"Principal:", "NotPrincipal:", "NotPrincipal of AWS::IAM::Role is neither emulated"},
		{"      Policies:", "      PermissionsBoundary: arn\n      Policies:", "PermissionsBoundary of AWS::IAM::Role is neither emulated"},
		{"      Policies:", "      ManagedPolicyArns: [arn]\n      Policies:", "ManagedPolicyArns of AWS::IAM::Role is neither emulated"},
		{"lambda.amazonaws.com", "ec2.amazonaws.com", "no function can have it"},
		{`Version: "2012-10-17"`, `Version: "2008-10-17"`, "is not emulated, only 2012-10-17"},
		{"Effect: Deny", "Effect: Forbid", "is not emulated, only Allow, Deny"},
		{"NotAction: sqs:*", "NotAction: sqs", "is not an action"},
		{"NotAction: sqs:*", "NotAction: []", "must not be empty"},
		{"NotAction: sqs:*", "NotAction: sqs:*\n                Action: sqs:*", "needs either Action or NotAction"},
		{"                Resource: !GetAtt Log.Arn\n", "", "needs either Resource or NotResource"},
		{"Resource: !GetAtt Log.Arn", "Resource: !Ref Log", "is not a resource"},
		{`!Sub "${Queue.Arn}"`, `!Sub "${Queue.Arn}/${!aws:userid}"`, "has a policy variable"},
		{"Role: !GetAtt Role.Arn", "Role: !Ref Role", "is not the Arn of an AWS::IAM::Role"},
	} {
		if !strings.Contains(withRole, c.right) {
			t.Fatalf("the template has no %q", c.right)
		}
		problems := problemsOf(t, strings.Replace(withRole, c.right, c.wrong, 1), nil)
		if !slices.ContainsFunc(problems, func(p Problem) bool { return p.Line > 0 && strings.Contains(p.Message, c.want) }) {
			t.Errorf("%s:\n%v\nwant %q", c.wrong, problems, c.want)
		}
	}
}
