package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/iam"
	"serverlesschat/localtest/aws/stack"
)

// Ports that the stack has unless the environment says otherwise.
const (
	defaultHTTPPort     = 3000
	defaultWSPort       = 3001
	defaultInvokePort   = 3002
	defaultDynamoDBPort = 8000
)

// optionsFrom reads the stack's options from environment variables. Its error names every one that is wrong.
func optionsFrom(get func(string) string) (stack.Options, error) {
	var problems []error
	number := func(name string, otherwise, most int) int {
		text := get(name)
		if text == "" {
			return otherwise
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > most {
			problems = append(problems, fmt.Errorf("%s: %q is not a number from 0 to %d", name, text, most))
		}
		return n
	}
	const maxPort = 65535
	o := stack.Options{
		HTTPPort:     number("HTTP_PORT", defaultHTTPPort, maxPort),
		WSPort:       number("WS_PORT", defaultWSPort, maxPort),
		InvokePort:   number("INVOKE_PORT", defaultInvokePort, maxPort),
		DynamoDBPort: number("DYNAMODB_PORT", defaultDynamoDBPort, maxPort),
		StreamPoll:   time.Duration(number("STREAM_POLL_MS", 0, 10_000)) * time.Millisecond,
		MaxProcesses: number("MAX_PROCESSES", 0, 1000),

		FreeWait:       time.Duration(number("FREE_WAIT_MS", 0, 10_000)) * time.Millisecond,
		AccountRate:    number("ACCOUNT_RATE", 0, 1_000_000),
		AccountBurst:   number("ACCOUNT_BURST", 0, 1_000_000),
		HandshakeRate:  number("HANDSHAKE_RATE", 0, 1_000_000),
		CloseThrottled: number("CLOSE_THROTTLED", 0, 1) == 1,
		Quiet:          number("QUIET", 0, 1) == 1,

		Endpoint:   get("AWS_ENDPOINT_URL_DYNAMODB"),
		Engine:     engine.Kind(get("DYNAMODB")),
		Parameters: map[string]string{},
	}
	if o.FreeWait == 0 && get("FREE_WAIT_MS") != "" {
		o.FreeWait = -1 // the option's 0 is its default
	}
	if number("RIGHTS", 0, 1) == 1 {
		o.Rights = func(iam.Call, iam.Decision) {} // the console tells of what is denied
	}
	switch {
	case o.Endpoint != "":
		o.Engine = engine.External
		if o.Rights != nil {
			problems = append(problems, errors.New("RIGHTS: calls to the engine at AWS_ENDPOINT_URL_DYNAMODB are made with the "+
				"shell's keys, which do not say which function calls; leave one of the two out"))
		}
	case o.Engine != "" && o.Engine != engine.Dynoxide && o.Engine != engine.Local:
		problems = append(problems, fmt.Errorf("DYNAMODB: %q is neither %s nor %s", o.Engine, engine.Dynoxide, engine.Local))
	}
	return o, errors.Join(problems...)
}
