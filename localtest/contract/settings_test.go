package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"serverlesschat/internal/app"
	"serverlesschat/localtest/aws/engine/enginetest"
	"serverlesschat/localtest/aws/template"
)

// asFunction makes the test binary be the function connect, to see how one ends that cannot start.
const asFunction = "TEST_AS_FUNCTION"

func TestMain(m *testing.M) {
	if os.Getenv(asFunction) != "" {
		app.Run("connect", app.Connect)
	}
	enginetest.Main(m)
}

// builders are all functions by the names of their folders.
func builders() map[string]func(*app.Parts) {
	return map[string]func(*app.Parts){
		"connect":     func(p *app.Parts) { app.Connect(p) },
		"disconnect":  func(p *app.Parts) { app.Disconnect(p) },
		"sendmessage": func(p *app.Parts) { app.SendMessage(p) },
		"default":     func(p *app.Parts) { app.Default(p) },
		"fanout":      func(p *app.Parts) { app.Fanout(p) },
		"receipts":    func(p *app.Parts) { app.Receipts(p) },
		"push":        func(p *app.Parts) { app.Push(p) },
		"jobs":        func(p *app.Parts) { app.Jobs(p) },
		"history":     func(p *app.Parts) { app.History(p) },
		"poll":        func(p *app.Parts) { app.Poll(p) },
		"rooms":       func(p *app.Parts) { app.Rooms(p) },
		"auth":        func(p *app.Parts) { app.Auth(p) },
		"hash":        func(p *app.Parts) { app.Hash(p) },
		"privacy":     func(p *app.Parts) { app.Privacy(p) },
	}
}

// environments are what the template gives each function, by the names of their folders.
func environments(t *testing.T) map[string]map[string]string {
	t.Helper()
	system, err := template.Load("../../template.yaml", template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]string{}
	for _, f := range system.Functions {
		found[path.Base(f.CodeURI)] = f.Environment
	}
	return found
}

// build builds a function from an environment and returns what it asked for, and what was wrong.
func build(t *testing.T, function string, environment map[string]string) (asked map[string]bool, err error) {
	t.Helper()
	t.Setenv("AWS_REGION", "us-east-1")
	asked = map[string]bool{}
	p, err := app.NewParts(t.Context(), func(name string) string {
		asked[name] = true
		return environment[name]
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	builders()[function](p)
	return asked, p.Err()
}

func TestEveryFunctionOfTheTemplateIsBuilt(t *testing.T) {
	if got, want := slices.Sorted(maps.Keys(environments(t))), slices.Sorted(maps.Keys(builders())); !slices.Equal(got, want) {
		t.Errorf("the template has %v, there are %v", got, want)
	}
}

// A setting that the code asks for and the template does not give would be missed by the first user in production. One
// that the template gives and nobody asks for is dead weight, or a name misspelt.
func TestTheTemplateGivesWhatTheFunctionsAskFor(t *testing.T) {
	readBySDK := []string{
		"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI",
		"AWS_ENDPOINT_URL_SECRETS_MANAGER",
	}
	for function, environment := range environments(t) {
		t.Run(function, func(t *testing.T) {
			asked, err := build(t, function, environment)
			if err != nil {
				t.Errorf("with what the template gives: %v", err)
			}
			for name := range asked {
				if _, given := environment[name]; !given {
					t.Errorf("asks for %s, which the template does not give", name)
				}
			}
			for name := range environment {
				if !asked[name] && !slices.Contains(readBySDK, name) {
					t.Errorf("does not ask for %s, which the template gives", name)
				}
			}
		})
	}
}

func TestAllThatIsMissingIsNamedAtOnce(t *testing.T) {
	optional := []string{
		"ORIGINS",    // without any, pages need tickets
		"TOKEN_KEYS", // without any, only tokens of own accounts hold
		"AWS_ENDPOINT_URL_SECRETS_MANAGER",
		"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL_SQS", // AWS's own, without
	}
	for function, environment := range environments(t) {
		_, all := build(t, function, nil)
		for name := range environment {
			if slices.Contains(optional, name) {
				continue
			}
			if line := "setting " + name + " is missing"; all == nil || strings.Count(all.Error(), line) != 1 {
				t.Errorf("%s without anything: %v; want %q once", function, all, line)
			}
			without := maps.Clone(environment)
			delete(without, name)
			if _, err := build(t, function, without); err == nil || err.Error() != "setting "+name+" is missing" {
				t.Errorf("%s without %s: %v", function, name, err)
			}
		}
	}
}

func TestWrongSettingsAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ function, value, want string }{
		"HOLE_AGE_MS, a word":       {"fanout", "soon", "setting HOLE_AGE_MS must be a whole number of milliseconds from 1 to 3000"},
		"HOLE_AGE_MS, zero":         {"history", "0", "setting HOLE_AGE_MS must be a whole number of milliseconds from 1 to 3000"},
		"HOLE_AGE_MS, too long":     {"default", "3001", "setting HOLE_AGE_MS must be a whole number of milliseconds from 1 to 3000"},
		"HOLE_AGE_MS, with a unit":  {"default", "1000ms", "setting HOLE_AGE_MS must be a whole number of milliseconds from 1 to 3000"},
		"DIRECT_PUSH, a number":     {"sendmessage", "1", `setting DIRECT_PUSH must be "true" or "false"`},
		"ACCOUNTS, both":            {"poll", "both", "setting ACCOUNTS must be one of own, issuer"},
		"REGISTRATION, a word":      {"auth", "some", "setting REGISTRATION must be one of open, invite, closed"},
		"GATHER_MS, too long":       {"sendmessage", "201", "setting GATHER_MS must be a whole number of milliseconds from 0 to 200"},
		"POST_RATE, zero":           {"push", "0", "setting POST_RATE must be a whole number of posts a second from 1 to 1000000"},
		"TOKEN_KEYS, not base64url": {"connect", "{}", "setting TOKEN_KEYS cannot be used: token keys: not base64url"},
		"TOKEN_KEYS, a secret key":  {"history", "eyJrZXlzIjpbeyJrdHkiOiJvY3QiLCJraWQiOiJhIiwiayI6IkFBIn1dfQ", "must be a public EC, RSA or Ed25519 key"},
	} {
		t.Run(name, func(t *testing.T) {
			environment := maps.Clone(environments(t)[c.function])
			environment[strings.Split(name, ",")[0]] = c.value
			if _, err := build(t, c.function, environment); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// What the template allows, the functions take: else a deployment would succeed and nothing would start.
func TestTheTemplateBoundsItsNumbers(t *testing.T) {
	for _, c := range []struct {
		parameter, setting, function string
		allowed, refused             []string
	}{
		{"HoleAgeMs", "HOLE_AGE_MS", "history", []string{"100", "3000"}, []string{"99", "3001"}},
		{"GatherMs", "GATHER_MS", "sendmessage", []string{"0", "200"}, []string{"-1", "201"}},
		{"PostRate", "POST_RATE", "push", []string{"1", "1000000"}, []string{"0", "1000001"}},
		{"PollConcurrency", "POLL_CONCURRENCY", "poll", []string{"0", "500"}, []string{"-1", "501"}},
		{"ActionRate", "ACTION_RATE", "default", []string{"1", "1000000"}, []string{"0", "1000001"}},
		{"ActionBurst", "ACTION_BURST", "poll", []string{"1", "1000000"}, []string{"0", "1000001"}},
		{"ConnectionsPerUser", "CONNECTIONS_PER_USER", "connect", []string{"1", "100"}, []string{"0", "101"}},
		{"RefreshDays", "REFRESH_DAYS", "auth", []string{"1", "365"}, []string{"0", "366"}},
		{"KeyRotationDays", "KEY_ROTATION_DAYS", "auth", []string{"1", "365"}, []string{"0", "366"}},
		{"Accounts", "ACCOUNTS", "history", []string{"own", "issuer"}, []string{"", "both"}},
		{"Registration", "REGISTRATION", "auth", []string{"open", "invite", "closed"}, []string{"", "all"}},
		{"DirectPush", "DIRECT_PUSH", "fanout", []string{"true", "false"}, []string{"yes"}},
	} {
		load := func(value string) error {
			_, err := template.Load("../../template.yaml", template.Options{Parameters: map[string]string{c.parameter: value}})
			return err
		}
		for _, value := range c.allowed {
			if err := load(value); err != nil {
				t.Errorf("%s=%s: %v", c.parameter, value, err)
			}
			environment := maps.Clone(environments(t)[c.function])
			environment[c.setting] = value
			if _, err := build(t, c.function, environment); err != nil {
				t.Errorf("%s=%s: %v", c.setting, value, err)
			}
		}
		for _, value := range c.refused {
			if load(value) == nil {
				t.Errorf("%s=%s is taken", c.parameter, value)
			}
		}
	}
}

// Without DirectPush all is the stream's: no sender may read whom to push to.
func TestSendersThatDoNotPushMayNot(t *testing.T) {
	for value, want := range map[string]bool{"true": true, "false": false} {
		s, err := template.Load("../../template.yaml", template.Options{Parameters: map[string]string{"DirectPush": value}})
		if err != nil {
			t.Fatal(err)
		}
		for _, role := range s.Roles {
			if role.LogicalID == "SendMessageRole" && strings.Contains(fmt.Sprintf("%+v", role), "SubscriptionsTable") != want {
				t.Errorf("DirectPush=%s: the role is %+v", value, role)
			}
		}
	}
}

// A function that cannot start says why in one line of its log, and does not take the first event.
func TestRunEndsWhenSettingsAreMissing(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self)
	command.Env = []string{asFunction + "=1", "AWS_REGION=us-east-1", "TOKEN_ISSUER=https://issuer.invalid"}
	var out bytes.Buffer
	command.Stdout = &out
	err = command.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
		t.Fatalf("ended with %v: %s", err, &out)
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	want := "setting METRICS_NAMESPACE is missing\nsetting CONNECTIONS_TABLE is missing\n" +
		"setting SUBSCRIPTIONS_TABLE is missing\nsetting SESSIONS_TABLE is missing\nsetting PRESENCE_TABLE is missing\n" +
		"setting TOKEN_AUDIENCE is missing\nsetting TOKEN_TYPES is missing\nsetting ACCOUNTS is missing\nsetting KEYS_TABLE is missing\n" +
		"setting AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI is missing\nsetting CONNECTIONS_PER_USER is missing\n" +
		"setting CHECKS_QUEUE is missing\nsetting PRESENCE_CHECK_SECONDS is missing"
	if line["error"] != want || line["function"] != "connect" || line["level"] != "ERROR" {
		t.Errorf("logged %v", line)
	}
}
