package rules

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// within reports whether an import path is the package, or below it.
func within(imported, pkg string) bool {
	return imported == pkg || strings.HasPrefix(imported, strings.TrimSuffix(pkg, "/")+"/")
}

func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".") && first+"/" != module
}

// Imports point one way: functions → app → {apigw → wire, dynamo, token} → features → {fanout →} roomlog → chat. A feature
// imports no other but rooms. Beside the standard library a package may import what stands here and no more.
func mayImport() map[string][]string {
	inside := func(names ...string) []string {
		for i, name := range names {
			names[i] = module + "internal/" + name
		}
		return names
	}
	features := inside("chat", "fold", "roomlog", "fanout", "rooms", "messages", "connections", "signals", "receipts", "presence",
		"ratelimit", "auth", "accounts", "privacy")
	return map[string][]string{
		"internal/chat":        {},
		"internal/fold":        inside("chat"),
		"internal/roomlog":     inside("chat", "fold"),
		"internal/fanout":      inside("chat", "roomlog"),
		"internal/connections": inside("chat", "ratelimit"),
		"internal/rooms":       inside("chat", "roomlog"),
		"internal/messages":    inside("chat", "fold", "roomlog", "rooms"),
		"internal/receipts":    inside("chat", "fanout", "roomlog", "rooms"),
		"internal/presence":    inside("chat", "rooms"),
		"internal/privacy":     inside("chat", "roomlog", "rooms"),
		"internal/signals":     inside("chat", "fanout", "roomlog", "rooms"),
		"internal/ratelimit":   {},
		"internal/auth":        inside("chat", "ratelimit"),
		"internal/accounts":    inside("chat", "ratelimit"),
		"internal/telemetry":   {"github.com/aws/aws-lambda-go/lambdacontext"},
		"internal/wire":        features,
		"internal/secrets": append(inside("chat"), "github.com/aws/aws-sdk-go-v2/aws",
			"github.com/aws/aws-sdk-go-v2/service/secretsmanager", "github.com/aws/smithy-go"),
		"internal/passwordhash": append(inside("accounts"), "golang.org/x/crypto/argon2"),
		"internal/token":        append(inside("auth", "chat"), "github.com/golang-jwt/jwt/v5", "github.com/go-jose/go-jose/v4"),
		"internal/dynamo": slices.Concat(features, inside("telemetry"), []string{"github.com/aws/aws-sdk-go-v2/aws",
			"github.com/aws/aws-sdk-go-v2/service/dynamodb", "github.com/aws/smithy-go", "golang.org/x/sync"}),
		"internal/apigw": slices.Concat(features, inside("wire", "telemetry"), []string{"github.com/aws/aws-lambda-go/events",
			"github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi",
			"github.com/aws/aws-sdk-go-v2/service/lambda", "github.com/aws/aws-sdk-go-v2/service/sqs",
			"github.com/aws/smithy-go"}),
		"internal/app":                append(inside(""), "github.com/aws"),
		"internal/dynamo/dynamotest":  append(inside("dynamo"), "github.com/aws/aws-sdk-go-v2/service/dynamodb"),
		"internal/chattest":           features,
		"internal/chattest/golden":    {},
		"internal/chattest/pushmodel": {},
		"internal/chattest/fake":      append(inside("chattest"), features...),
	}
}

func TestImportsPointOneWay(t *testing.T) {
	allowed := mayImport()
	for _, s := range project(t).sources {
		if s.isTest() || !within(s.folder(), "internal") && !within(s.folder(), "functions") {
			continue
		}
		list, known := allowed[s.folder()]
		if within(s.folder(), "functions") {
			list, known = []string{module + "internal/app"}, true
		}
		if !known {
			t.Errorf("%s: the package has no row in mayImport: say there what it may know of", s.path)
			continue
		}
		for _, imported := range s.imports() {
			ok := isStandard(imported)
			for _, a := range list {
				ok = ok || within(imported, a)
			}
			if !ok {
				t.Errorf("%s imports %s. The rules of the chat are to be read, tested and kept without knowing the network, "+
					"the database or each other's adapters; what they need they ask for in an interface of their own", s.path, imported)
			}
		}
	}
}

// The emulator does what a template describes. If it knew the chat it would be right for this chat alone, and if the chat
// knew the emulator it would no longer be what is deployed that runs here. A test of the chat may use an engine, no more: what
// needs the template or a stack stands in localtest, beside the emulator.
func TestChatAndEmulatorDoNotKnowEachOther(t *testing.T) {
	const emulator, engine = "localtest/aws", "localtest/aws/engine"
	for _, s := range project(t).sources {
		inside := within(s.folder(), "internal") || within(s.folder(), "functions")
		for _, imported := range s.imports() {
			other, ok := strings.CutPrefix(imported, module)
			switch {
			case !ok:
			case within(s.folder(), emulator) && (within(other, "internal") || within(other, "functions")):
				t.Errorf("%s imports %s: the emulator must serve any template", s.path, imported)
			case inside && within(other, "localtest") && (!s.isTest() || !within(other, engine)):
				t.Errorf("%s imports %s: what is deployed must not need the local stack, and its tests need an engine alone",
					s.path, imported)
			}
		}
	}
}

// Nor does the emulator know the chat by name, or by its template.
func TestEmulatorNamesNothingOfTheChat(t *testing.T) {
	for _, s := range project(t).sources {
		if !within(s.folder(), "localtest/aws") {
			continue
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok {
				return true
			}
			text := strings.ReplaceAll(literal.Value, strings.TrimSuffix(module, "/"), "")
			switch {
			case strings.Contains(text, "../template.yaml"):
				t.Errorf("%s reads the project's template. A test of the emulator has a template of its own; one of the "+
					"chat's template stands in localtest/contract", s.path)
			case !s.isTest() && strings.Contains(strings.ToLower(text), "chat"):
				t.Errorf("%s has the text %s: what is special about the chat is an option that localtest sets", s.path, literal.Value)
			}
			return true
		})
	}
}

func anyWithin(imported string, packages []string) bool {
	for _, p := range packages {
		if within(imported, p) {
			return true
		}
	}
	return false
}

// The parts of the stack are wired in one place.
func TestPartsOfTheStackDoNotKnowEachOther(t *testing.T) {
	shared := []string{
		"localtest/aws/childproc", "localtest/aws/files", "localtest/aws/wait", // the machine, and time
		"localtest/aws/jsonwalk", // a codec
		"localtest/aws/edge",     // the front of both kinds of APIs
	}
	wires := []string{"localtest/aws/stack", "localtest/e2e", "localtest/bench", "localtest/sam", "localtest/redrive"}
	for _, s := range project(t).sources {
		if s.isTest() || !within(s.folder(), "localtest") || s.folder() == "localtest" || anyWithin(s.folder(), wires) {
			continue
		}
		for _, imported := range s.imports() {
			other, ok := strings.CutPrefix(imported, module)
			if !ok || slices.Contains(shared, other) || within(other, s.folder()) || within(s.folder(), other) {
				continue
			}
			t.Errorf("%s imports %s. Each part is to be understood and replaced alone; it declares the one function that it "+
				"needs of another, and localtest/aws/stack fits them together", s.path, imported)
		}
	}
}
