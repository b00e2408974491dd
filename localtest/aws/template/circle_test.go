package template

import (
	"strings"
	"testing"
)

func TestCircles(t *testing.T) {
	const role = `
  Role:
    Type: AWS::IAM::Role
    Properties: {Policies: [{Resource: !GetAtt Fn.Arn}]}
`
	for _, c := range []struct {
		name, text string
		want       string // "" for none
	}{
		{"a routed function may name its WebSocket API", strings.Replace(system, "TABLE: !Ref Table", "API: !Ref Chat", 1), ""},
		{"a function may not name its HTTP API", strings.Replace(system, "TABLE: !Ref Table", "API: !Ref Web", 1),
			"Fn -> Web -> Fn"},
		{"nor its own route", strings.Replace(system, "TABLE: !Ref Table", "ROUTE: !Ref ChatSayRoute", 1),
			"Fn -> ChatSayRoute -> Fn"},
		{"nor its own mapping", strings.Replace(system, "TABLE: !Ref Table", "MAPPING: !Ref FnChanges", 1),
			"Fn -> FnChanges -> Fn"},
		{"a function that may invoke itself", strings.Replace(strings.Replace(system, "      CodeUri: fn", "      CodeUri: fn\n      Role: !GetAtt Role.Arn", 1),
			"  Queue:\n", role[1:]+"  Queue:\n", 1), "Fn -> Role -> Fn"},
		{"DependsOn counts", strings.Replace(strings.Replace(system, "Type: AWS::SQS::Queue", "Type: AWS::SQS::Queue\n    DependsOn: Table", 1),
			"Type: AWS::DynamoDB::Table", "Type: AWS::DynamoDB::Table\n    DependsOn: [Queue]", 1), "Table -> Queue -> Table"},
		{"itself", strings.Replace(system, "TABLE: !Ref Table", "SELF: !GetAtt Fn.Arn", 1), "Fn -> Fn"},
	} {
		_, err := load("t.yaml", []byte(c.text), Options{})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), "closes a circle of references: "+c.want)):
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}
