package stack

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"runtime"

	"serverlesschat/localtest/aws/template"
)

// loadTemplate reads the template with the addresses of this stack as values of its parameters. dynamoDB is the address that
// the functions use, empty as long as the engine does not run.
func (s *Stack) loadTemplate(dynamoDB string) error {
	l := s.listeners
	ws, rest, invoke := l.ws.Addr().String(), l.http.Addr().String(), l.invoke.Addr().String()
	functionsSQS, functionsSecrets := l.sqs, l.secrets
	if l.judgedSQS != nil {
		functionsSQS, functionsSecrets = l.judgedSQS, l.judgedSecrets
	}
	stage := ""
	if s.system != nil && s.system.WebSocket != nil {
		stage = "/" + s.system.WebSocket.Stage
	}
	parameters := map[string]string{
		"Architecture":       cmp.Or(map[string]string{"amd64": "x86_64"}[runtime.GOARCH], runtime.GOARCH),
		"ManagementEndpoint": "http://" + ws + stage,
		"LambdaEndpoint":     "http://" + invoke,
		"DynamoDBEndpoint":   dynamoDB,
		"SQSEndpoint":        "http://" + functionsSQS.Addr().String(),

		"SecretsManagerEndpoint": "http://" + functionsSecrets.Addr().String(),
	}
	maps.Copy(parameters, s.options.Parameters)
	var err error
	s.system, err = template.Load(filepath.Join(s.options.Root, "template.yaml"), template.Options{
		Parameters: parameters, StackName: s.name,
	})
	s.endpoints = Endpoints{
		WebSocket: "ws://" + ws + stage, HTTP: "http://" + rest, Invoke: "http://" + invoke,
		SQS: "http://" + l.sqs.Addr().String(), SecretsManager: "http://" + l.secrets.Addr().String(), PID: os.Getpid(),
	}
	if s.engine != nil {
		s.endpoints.DynamoDB = s.engine.Endpoint()
	}
	return err
}
