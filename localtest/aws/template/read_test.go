package template

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// seldom has what none of system, withRole, withQueues and withSecret has.
const seldom = `Transform: AWS::Serverless-2016-10-31
Parameters:
  Word: {Type: String, Default: abc, AllowedPattern: "[a-z]+", AllowedValues: [abc, d], MinLength: 1, MaxLength: 5}
  Number: {Type: Number, Default: 5, MinValue: 1, MaxValue: 9}
Conditions:
  Is: !Equals [!Ref Word, abc]
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Condition: Is
    Properties:
      StageName: dev
      RouteSelectionExpression: $request.body.do
      RouteSettings: {say: {ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2}}
      Routes:
        say: {FunctionArn: !GetAtt Fn.Arn}
  Web:
    Type: AWS::Serverless::HttpApi
    DependsOn: Fn
    Properties:
      DefaultRouteSettings: {ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2}
      RouteSettings: {"GET /a": {ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2}}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: fn
      Runtime: provided.al2023
      Handler: bootstrap
      FunctionName: !Sub "${AWS::StackName}-fn"
      MemorySize: 512
      Timeout: 20
      ReservedConcurrentExecutions: 3
      Events:
        Get: {Type: HttpApi, Properties: {ApiId: !Ref Web, Method: get, Path: /a, PayloadFormatVersion: "2.0"}}
        Changes:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: LATEST
            BatchSize: 1000
            ParallelizationFactor: 10
            MaximumRetryAttempts: 4
            BisectBatchOnFunctionError: true
            MaximumBatchingWindowInSeconds: 1
            DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Queue.Arn}}
  Queue:
    Type: AWS::SQS::Queue
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}
      Policies:
        - PolicyName: most
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Deny, NotAction: "dynamodb:*", NotResource: !GetAtt Table.Arn}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: a, AttributeType: S}]
      KeySchema: [{AttributeName: a, KeyType: HASH}]
      GlobalSecondaryIndexes:
        - IndexName: i
          KeySchema: [{AttributeName: a, KeyType: HASH}]
          Projection: {ProjectionType: INCLUDE, NonKeyAttributes: [b]}
      StreamSpecification: {StreamViewType: NEW_IMAGE}
      TimeToLiveSpecification: {AttributeName: b, Enabled: true}
Outputs:
  Url: {Condition: Is, Value: x}
`

// Load reads all that it lists as emulated: a value that cannot be right is refused, or changes what comes out.
func TestWhatIsListedAsEmulatedIsRead(t *testing.T) {
	texts := []string{system, seldom, withRole, withQueues, withSecret}
	outcomes := map[string]string{}
	for _, text := range texts { // written anew, they mean the same
		outcomes[text] = outcome(text)
		if same, _ := rewritten(t, text, "", "", nil); outcomes[text] == "refused" || outcome(same) != outcomes[text] {
			t.Fatalf("%s\nbecomes\n%s", text, same)
		}
	}
	for typ, paths := range emulated() {
		for _, path := range paths {
			read, found := false, false
			for i := 0; i < len(texts) && !read; i++ {
				text := texts[i]
				wrong, is := rewritten(t, text, typ, path, impossible)
				found = found || is
				read = is && outcome(wrong) != outcomes[text]
			}
			if !read {
				t.Errorf("%s of %s: a template of this test has it: %t, Load reads it: %t", path, typ, found, read)
			}
		}
	}
}

var lineNumbers = regexp.MustCompile(`"Line":\d+`)

// outcome says what Load makes of a template, without its lines.
func outcome(text string) string {
	s, err := load("t.yaml", []byte(text), Options{})
	if err != nil {
		return "refused"
	}
	described, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return lineNumbers.ReplaceAllString(string(described), "")
}

// impossible is a value that is right nowhere.
var impossible = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{
	{Kind: yaml.ScalarNode, Value: "No1"},
	{Kind: yaml.SequenceNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "No2"}}},
}}

// rewritten returns the text with another value at a path of a type, written anew, and reports whether the text has
// that path.
func rewritten(t *testing.T, text, typ, path string, other *yaml.Node) (string, bool) {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, root := range rootsOf(typ, doc.Content[0]) {
		if v := at(root, strings.Split(path, ".")); v != nil && !found {
			*v, found = *other, true
		}
	}
	changed, err := yaml.Marshal(&doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(changed), found
}

// rootsOf returns what the paths of a type begin at.
func rootsOf(typ string, doc *yaml.Node) (roots []*yaml.Node) {
	switch typ {
	case sectionsOf:
		return []*yaml.Node{doc}
	case parameterAttributes:
		return members(lookup(doc, "Parameters"))
	case resourceAttributes:
		return members(lookup(doc, "Resources"))
	case outputAttributes:
		return members(lookup(doc, "Outputs"))
	case httpEvent, streamEvent, queueEvent:
		for _, function := range rootsOf(typeFunction, doc) {
			for _, event := range members(lookup(function, "Events")) {
				if kind := lookup(event, "Type"); kind != nil && strings.HasSuffix(typ, " "+kind.Value) {
					roots = append(roots, lookup(event, "Properties"))
				}
			}
		}
		return roots
	case typeFunction:
		roots = append(roots, lookup(lookup(doc, "Globals"), "Function"))
	}
	for _, r := range members(lookup(doc, "Resources")) {
		if kind := lookup(r, "Type"); kind != nil && kind.Value == typ {
			roots = append(roots, lookup(r, "Properties"))
		}
	}
	return roots
}

// members returns the values of a mapping.
func members(n *yaml.Node) (values []*yaml.Node) {
	for _, v := range pairs(n) {
		values = append(values, v)
	}
	return values
}

// at returns the first value at a path, nil if there is none. "*" is any name, and items of a list have the list's
// path.
func at(n *yaml.Node, path []string) *yaml.Node {
	switch {
	case n == nil || len(path) == 0:
		return n
	case n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			if v := at(item, path); v != nil {
				return v
			}
		}
	case n.Kind == yaml.MappingNode && path[0] == "*":
		for _, v := range pairs(n) {
			if found := at(v, path[1:]); found != nil {
				return found
			}
		}
	case n.Kind == yaml.MappingNode:
		return at(lookup(n, path[0]), path[1:])
	}
	return nil
}
