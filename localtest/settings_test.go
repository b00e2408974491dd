package main

import (
	"strings"
	"testing"
	"time"

	"serverlesschat/localtest/aws/stack"
)

func TestSettingsOfTheEmulator(t *testing.T) {
	for name, c := range map[string]struct {
		environment string // NAME=VALUE, by a space
		want        func(o stack.Options) bool
		problem     string
	}{
		"none": {"", func(o stack.Options) bool {
			unset := o.FreeWait == 0 && o.AccountRate == 0 && o.AccountBurst == 0 && o.HandshakeRate == 0
			return unset && !o.CloseThrottled
		}, ""},
		"a smaller Region": {"ACCOUNT_RATE=2500 ACCOUNT_BURST=1250 HANDSHAKE_RATE=100 CLOSE_THROTTLED=1", func(o stack.Options) bool {
			return o.AccountRate == 2500 && o.AccountBurst == 1250 && o.HandshakeRate == 100 && o.CloseThrottled
		}, ""},
		"no wait":             {"FREE_WAIT_MS=0", func(o stack.Options) bool { return o.FreeWait < 0 }, ""},
		"some wait":           {"FREE_WAIT_MS=5", func(o stack.Options) bool { return o.FreeWait == 5*time.Millisecond }, ""},
		"wrong rate":          {"ACCOUNT_RATE=many FREE_WAIT_MS=-1", nil, "ACCOUNT_RATE: \"many\" is not a number"},
		"no rate":             {"ACCOUNT_RATE=0", nil, "ACCOUNT_RATE: \"0\" is not a number from 1 to 1000000"},
		"no burst":            {"ACCOUNT_BURST=0", nil, "ACCOUNT_BURST: \"0\" is not a number from 1 to 1000000"},
		"no clients":          {"HANDSHAKE_RATE=0", nil, "HANDSHAKE_RATE: \"0\" is not a number from 1 to 1000000"},
		"no process":          {"MAX_PROCESSES=0", nil, "MAX_PROCESSES: \"0\" is not a number from 1 to 1000"},
		"no poll":             {"STREAM_POLL_MS=0", nil, "STREAM_POLL_MS: \"0\" is not a number from 1 to 10000"},
		"one port twice":      {"HTTP_PORT=3001", nil, "HTTP_PORT and WS_PORT: both are 3001; 0 is a free port"},
		"queues' port twice":  {"SQS_PORT=8000", nil, "SQS_PORT and DYNAMODB_PORT: both are 8000; 0 is a free port"},
		"secrets' port twice": {"SECRETS_MANAGER_PORT=3003", nil, "SQS_PORT and SECRETS_MANAGER_PORT: both are 3003; 0 is a free port"},
		"port of an engine outside": {"HTTP_PORT=8000 AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8001",
			func(o stack.Options) bool { return o.HTTPPort == 8000 && o.DynamoDBPort == 8000 }, ""},
		"free ports": {"HTTP_PORT=0 WS_PORT=0", func(o stack.Options) bool { return o.HTTPPort == 0 && o.WSPort == 0 }, ""},
		"both wrong": {"ACCOUNT_RATE=many FREE_WAIT_MS=-1", nil, "FREE_WAIT_MS: \"-1\" is not a number"},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := optionsFrom(func(name string) string {
				for pair := range strings.FieldsSeq(c.environment) {
					if value, is := strings.CutPrefix(pair, name+"="); is {
						return value
					}
				}
				return ""
			})
			switch {
			case c.problem != "":
				if err == nil || !strings.Contains(err.Error(), c.problem) {
					t.Errorf("got %v, want %q", err, c.problem)
				}
			case err != nil || !c.want(o):
				t.Errorf("got %+v, %v", o, err)
			}
		})
	}
}
