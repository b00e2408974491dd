package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"serverlesschat/localtest/aws/engine"
)

// Endpoints are the addresses of a running stack. They are in the file endpoints.json of its data folder while all of
// them answer. A stack that was killed leaves the file until the next one starts. Whether one runs is told by the lock
// on stack.lock beside it, and not by PID, which another process may have got since.
type Endpoints struct {
	WebSocket string `json:"websocket"`
	HTTP      string `json:"http"`
	Invoke    string `json:"invoke"`
	DynamoDB  string `json:"dynamodb"`
	SQS       string `json:"sqs"`
	PID       int    `json:"pid"`

	SecretsManager string `json:"secrets_manager"`
}

const endpointsFile = "endpoints.json"

// listeners are the stack's doors, opened before anything else, since functions are told where they are.
type listeners struct {
	http, ws, invoke, sqs, secrets net.Listener
	// The functions' ways to SQS and to Secrets Manager; nil where rights are not judged.
	judgedSQS, judgedSecrets net.Listener
}

// listen opens them, on loopback only. Its error names every port that is in use with its setting, that of the engine
// too.
func listen(ctx context.Context, o Options) (listeners, error) {
	var problems []error
	open := func(setting string, port int) net.Listener {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		switch {
		case err == nil:
			return listener
		case errors.Is(err, syscall.EADDRINUSE):
			problems = append(problems, fmt.Errorf("port %d is in use (%s sets another, 0 a free one)", port, setting))
		default:
			problems = append(problems, fmt.Errorf("port of %s: %w", setting, err))
		}
		return nil
	}
	l := listeners{
		http: open("HTTP_PORT", o.HTTPPort), ws: open("WS_PORT", o.WSPort), invoke: open("INVOKE_PORT", o.InvokePort),
		sqs: open("SQS_PORT", o.SQSPort), secrets: open("SECRETS_MANAGER_PORT", o.SecretsManagerPort),
	}
	if o.Rights != nil {
		l.judgedSQS = open("the functions' SQS", 0)
		l.judgedSecrets = open("the functions' Secrets Manager", 0)
	}
	if o.Engine != engine.External && o.DynamoDBPort != 0 {
		if err := engine.CheckPort(ctx, o.DynamoDBPort); err != nil {
			problems = append(problems, err)
		}
	}
	if len(problems) > 0 {
		l.close()
		return listeners{}, errors.Join(problems...)
	}
	return l, nil
}

func (l listeners) close() {
	for _, listener := range []net.Listener{l.http, l.ws, l.invoke, l.sqs, l.secrets, l.judgedSQS, l.judgedSecrets} {
		if listener != nil {
			_ = listener.Close()
		}
	}
}
