package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/iam"
	"serverlesschat/localtest/aws/iam/enforce"
	"serverlesschat/localtest/aws/lambda"
	"serverlesschat/localtest/aws/streams"
	"serverlesschat/localtest/aws/template"
)

// Roles returns the roles of a system's functions as IAM has them, by the functions' logical ids. A function whose role
// the template does not write out is an error that names its line.
func Roles(system *template.System) (map[string]iam.Role, error) {
	written := map[string]iam.Role{}
	for _, r := range system.Roles {
		role := iam.Role{Name: r.Name, LogicalID: r.LogicalID}
		for _, s := range r.Statements {
			role.Statements = append(role.Statements, iam.Statement{
				Line: s.Line, Deny: s.Effect == "Deny", Actions: s.Actions, NotActions: s.NotActions,
				Resources: s.Resources, NotResources: s.NotResources,
			})
		}
		written[r.LogicalID] = role
	}
	roles := map[string]iam.Role{}
	var errs []error
	for _, f := range system.Functions {
		role, ok := written[f.Role]
		if !ok {
			errs = append(errs, fmt.Errorf("template.yaml:%d: %s: its role is SAM's to make, so its rights cannot be "+
				"judged; write out an AWS::IAM::Role and name it in Role", f.Line, f.LogicalID))
		}
		roles[f.LogicalID] = role
	}
	return roles, errors.Join(errs...)
}

// startRights makes the enforcer, if rights are judged.
func (s *Stack) startRights() error {
	if s.options.Rights == nil {
		return nil
	}
	if s.options.Engine == engine.External {
		return errors.New("rights cannot be judged with an engine outside (AWS_ENDPOINT_URL_DYNAMODB): all functions call " +
			"it with your keys; unset RIGHTS, or AWS_ENDPOINT_URL_DYNAMODB")
	}
	roles, err := Roles(s.system)
	if err != nil {
		return err
	}
	principals := map[string]enforce.Principal{}
	for _, f := range s.system.Functions {
		principals[lambda.AccessKeyID(f.Name)] = enforce.Principal{
			Function: f.LogicalID, Session: f.Name, Role: roles[f.LogicalID],
		}
	}
	s.rights = enforce.New(enforce.Options{
		Region: s.system.Region, AccountID: s.system.AccountID, Principals: principals, Observe: s.observeRight,
	})
	return nil
}

// observeRight logs what is denied for the developer: the function itself may hide it in a reply.
func (s *Stack) observeRight(call iam.Call, decision iam.Decision) {
	if decision != iam.Allow {
		s.log.Warn("denied by the function's role",
			"function", call.Function, "action", call.Action, "resource", call.Resource)
	}
	s.options.Rights(call, decision)
}

// judgeStore puts the enforcer between the functions and an address of DynamoDB, and returns the address that they use.
func (s *Stack) judgeStore(endpoint string) (string, error) {
	if s.rights == nil {
		return endpoint, nil
	}
	front, err := engine.StartFront(endpoint, s.rights.DynamoDB)
	if err != nil {
		return "", err
	}
	s.judgedStore = front
	return front.Endpoint(), nil
}

// judgedGateway is the gateway's handler, with the front of the management API and the enforcer before it.
func (s *Stack) judgedGateway() http.Handler {
	api := s.system.WebSocket
	handler := http.Handler(s.gateway)
	if s.options.ManagementFront != nil {
		front, prefix := s.options.ManagementFront(handler), "/"+api.Stage+"/@connections/"
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, prefix) {
				front.ServeHTTP(w, r)
			} else {
				s.gateway.ServeHTTP(w, r)
			}
		})
	}
	if s.rights != nil {
		handler = s.rights.Management(api.ID, api.Stage, handler)
	}
	return handler
}

func (s *Stack) judgedInvoke() http.Handler {
	if s.rights == nil {
		return s.lambda
	}
	return s.rights.Invoke(s.lambda)
}

// judgeLog judges what Lambda does under a function's role with a line of its log. On AWS a line that may not be
// written is lost without a word. The resource of both actions is a log stream (CloudWatch Logs User Guide, "Overview
// of managing access permissions": ARNs of groups end in ":*").
func (s *Stack) judgeLog(functionName string) {
	if s.rights == nil {
		return
	}
	for _, f := range s.system.Functions {
		if f.Name == functionName {
			stream := fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s:log-stream:%s",
				s.system.Region, s.system.AccountID, f.LogGroup, f.Name)
			_ = s.rights.Check(f.LogicalID, "logs:CreateLogStream", stream)
			_ = s.rights.Check(f.LogicalID, "logs:PutLogEvents", stream)
		}
	}
}

// mayHaveMapping is what AWS asks of the function's role before it makes a stream mapping. Texts: field,
// aws-samples/lambda-refarch-webapp issue 7, aws-samples/aws-serverless-ecommerce-platform issue 41. For ListStreams
// the Service Authorization Reference has no resource, the DynamoDB Developer Guide has the table's streams. So it is
// "*", which either takes.
func (s *Stack) mayHaveMapping(m template.StreamMapping) error {
	if s.rights == nil {
		return nil
	}
	stream := s.system.Table(m.Table).StreamARN
	for _, needed := range []struct{ action, resource string }{
		{"dynamodb:DescribeStream", stream}, {"dynamodb:GetRecords", stream}, {"dynamodb:GetShardIterator", stream},
		{"dynamodb:ListStreams", "*"},
	} {
		if err := s.rights.MayEver(m.Function, needed.action, needed.resource); err != nil {
			return fmt.Errorf("template.yaml:%d: %s: cannot access stream %s. Please ensure the role can perform the "+
				"GetRecords, GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM: %w",
				m.Line, m.LogicalID, stream, err)
		}
	}
	if m.DeadLetters == "" {
		return nil
	}
	if err := s.rights.MayEver(m.Function, sendMessage, s.system.Queue(m.DeadLetters).ARN); err != nil {
		return fmt.Errorf("template.yaml:%d: %s: the provided execution role does not have permissions to call "+
			"SendMessage on SQS: %w", m.Line, m.LogicalID, err)
	}
	return nil
}

const sendMessage = "sqs:SendMessage"

// judgedStream is the client of a stream mapping, which reads under the role of the mapping's function.
type judgedStream struct {
	streams.Client
	check func(action string) error
}

// DescribeStream implements streams.Client.
func (j judgedStream) DescribeStream(
	ctx context.Context, in *dynamodbstreams.DescribeStreamInput, o ...func(*dynamodbstreams.Options),
) (*dynamodbstreams.DescribeStreamOutput, error) {
	if err := j.check("dynamodb:DescribeStream"); err != nil {
		return nil, err
	}
	return j.Client.DescribeStream(ctx, in, o...)
}

// GetShardIterator implements streams.Client.
func (j judgedStream) GetShardIterator(
	ctx context.Context, in *dynamodbstreams.GetShardIteratorInput, o ...func(*dynamodbstreams.Options),
) (*dynamodbstreams.GetShardIteratorOutput, error) {
	if err := j.check("dynamodb:GetShardIterator"); err != nil {
		return nil, err
	}
	return j.Client.GetShardIterator(ctx, in, o...)
}

// GetRecords implements streams.Client.
func (j judgedStream) GetRecords(
	ctx context.Context, in *dynamodbstreams.GetRecordsInput, o ...func(*dynamodbstreams.Options),
) (*dynamodbstreams.GetRecordsOutput, error) {
	if err := j.check("dynamodb:GetRecords"); err != nil {
		return nil, err
	}
	return j.Client.GetRecords(ctx, in, o...)
}

// judgeMapping has the calls of a mapping judged: those that read the stream, and the letters.
func (s *Stack) judgeMapping(m template.StreamMapping, config *streams.Config) {
	if s.rights == nil {
		return
	}
	stream := s.system.Table(m.Table).StreamARN
	check := func(action string) error { return s.rights.Check(m.Function, action, stream) }
	config.Client = judgedStream{config.Client, check}
	if send := config.DeadLetter; send != nil {
		arn := s.system.Queue(m.DeadLetters).ARN
		config.DeadLetter = func(letter []byte) error {
			if err := s.rights.Check(m.Function, sendMessage, arn); err != nil {
				return err
			}
			return send(letter)
		}
	}
}
