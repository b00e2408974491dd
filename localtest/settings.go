package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/iam"
	"serverlesschat/localtest/aws/stack"
)

// Ports that the stack has unless the environment says otherwise.
const (
	defaultHTTPPort     = 3000
	defaultWSPort       = 3001
	defaultInvokePort   = 3002
	defaultSQSPort      = 3003
	defaultSecretsPort  = 3004
	defaultDynamoDBPort = 8000
)

// settings reads numbers from environment variables, and keeps what is wrong with them.
type settings struct {
	get      func(string) string
	problems []error
}

// number returns the number of a variable, or otherwise when it is not set. Where the stack takes 0 for its default,
// least is 1: a setting of 0 would mean something else.
func (s *settings) number(name string, otherwise, least, most int) int {
	text := s.get(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		s.problems = append(s.problems, fmt.Errorf("%s: %q is not a number from %d to %d", name, text, least, most))
	}
	return n
}

func (s *settings) port(name string, otherwise int) int { return s.number(name, otherwise, 0, 65535) }

func (s *settings) milliseconds(name string, least int) time.Duration {
	return time.Duration(s.number(name, 0, least, 10_000)) * time.Millisecond
}

func (s *settings) flag(name string) bool { return s.number(name, 0, 0, 1) == 1 }

func (s *settings) rate(name string) int { return s.number(name, 0, 1, 1_000_000) }

// checkPorts refuses a port that two settings name.
func (s *settings) checkPorts(o stack.Options) {
	named := map[int]string{}
	for _, p := range []struct {
		setting string
		port    int
	}{
		{"HTTP_PORT", o.HTTPPort}, {"WS_PORT", o.WSPort}, {"INVOKE_PORT", o.InvokePort}, {"SQS_PORT", o.SQSPort},
		{"SECRETS_MANAGER_PORT", o.SecretsManagerPort}, {"DYNAMODB_PORT", o.DynamoDBPort},
	} {
		if p.setting == "DYNAMODB_PORT" && o.Endpoint != "" {
			continue // the engine outside has its own
		}
		if other, again := named[p.port]; again && p.port != 0 {
			s.problems = append(s.problems, fmt.Errorf("%s and %s: both are %d; 0 is a free port", other, p.setting, p.port))
		}
		named[p.port] = p.setting
	}
}

// optionsFrom reads the stack's options from environment variables. Its error names every one that is wrong.
func optionsFrom(get func(string) string) (stack.Options, error) {
	s := &settings{get: get}
	o := stack.Options{
		HTTPPort:     s.port("HTTP_PORT", defaultHTTPPort),
		WSPort:       s.port("WS_PORT", defaultWSPort),
		InvokePort:   s.port("INVOKE_PORT", defaultInvokePort),
		SQSPort:      s.port("SQS_PORT", defaultSQSPort),
		DynamoDBPort: s.port("DYNAMODB_PORT", defaultDynamoDBPort),

		SecretsManagerPort: s.port("SECRETS_MANAGER_PORT", defaultSecretsPort),

		StreamPoll:   s.milliseconds("STREAM_POLL_MS", 1),
		MaxProcesses: s.number("MAX_PROCESSES", 0, 1, 1000),

		FreeWait:       s.milliseconds("FREE_WAIT_MS", 0),
		AccountRate:    s.rate("ACCOUNT_RATE"),
		AccountBurst:   s.rate("ACCOUNT_BURST"),
		HandshakeRate:  s.rate("HANDSHAKE_RATE"),
		CloseThrottled: s.flag("CLOSE_THROTTLED"),
		Quiet:          s.flag("QUIET"),

		Endpoint: get("AWS_ENDPOINT_URL_DYNAMODB"),
		Engine:   engine.Kind(get("DYNAMODB")),
		// Whoever reaches this machine's own ports may make an account.
		Parameters: map[string]string{"Registration": "open"},
	}
	s.checkPorts(o)
	if life := s.number("CONNECTION_SECONDS", 0, 1, int(chat.MaxConnectionLife/time.Second)); life > 0 {
		o.ConnectionLife = time.Duration(life) * time.Second
		o.Parameters["ConnectionSeconds"] = strconv.Itoa(life) // so that clients are told
	}
	if o.FreeWait == 0 && get("FREE_WAIT_MS") != "" {
		o.FreeWait = -1 // the option's 0 is its default
	}
	if s.flag("RIGHTS") {
		o.Rights = func(iam.Call, iam.Decision) {} // the console tells of what is denied
	}
	s.checkEngine(&o)
	return o, errors.Join(s.problems...)
}

// checkEngine refuses engines that are not there, and makes an address mean one outside.
func (s *settings) checkEngine(o *stack.Options) {
	switch {
	case o.Endpoint != "":
		o.Engine = engine.External
		if o.Rights != nil {
			s.problems = append(s.problems, errors.New("RIGHTS: calls to the engine at AWS_ENDPOINT_URL_DYNAMODB are made "+
				"with the shell's keys, which do not say which function calls; leave one of the two out"))
		}
	case o.Engine != "" && o.Engine != engine.Dynoxide && o.Engine != engine.Local:
		s.problems = append(s.problems,
			fmt.Errorf("DYNAMODB: %q is neither %s nor %s", o.Engine, engine.Dynoxide, engine.Local))
	}
}
