package wire_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/wire"
)

// table is that of the protocol.
func table() map[chat.Code]struct {
	status    int
	retryable bool
} {
	return map[chat.Code]struct {
		status    int
		retryable bool
	}{
		"invalid":        {400, false},
		"unauthorized":   {401, false},
		"forbidden":      {403, false},
		"unknown_action": {404, false}, // only frames have it
		"not_found":      {404, false},
		"conflict":       {409, false},
		"too_large":      {413, false},
		"rate_limited":   {429, true},
		"unavailable":    {503, true},
		"internal":       {500, true},
	}
}

// codes reads the codes out of the source of package chat, so that none can be added there alone.
func codes(t *testing.T) []chat.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../chat/error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []chat.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Code" {
			word, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, chat.Code(word))
		}
		return true
	})
	return found
}

func TestEveryCodeHasItsRow(t *testing.T) {
	all := codes(t)
	if len(all) != len(table()) {
		t.Errorf("package chat has %d codes, the protocol's table %d", len(all), len(table()))
	}
	for _, code := range all {
		want, ok := table()[code]
		if !ok {
			t.Errorf("%s is not in the protocol's table", code)
			continue
		}
		err := &chat.Error{Code: code, Message: "no"}
		status, _ := wire.Problem(err)
		if status != want.status || wire.Status(err) != want.status {
			t.Errorf("%s: status %d and %d, want %d", code, status, wire.Status(err), want.status)
		}
		text := "no"
		if code == chat.CodeInternal {
			text = "something went wrong on our side"
		}
		expectJSON(t, wire.Error("r-1", err), fmt.Sprintf(
			`{"type":"error","request_id":"r-1","error":{"code":%q,"message":%q,"retryable":%t}}`, code, text, want.retryable))
	}
	if wire.Status(nil) != http.StatusOK {
		t.Errorf("status of no error is %d", wire.Status(nil))
	}
}

func TestErrorFrames(t *testing.T) {
	limited := &chat.Error{Code: chat.CodeRateLimited, Message: "slow down", RetryAfter: 1200 * time.Millisecond}
	for name, c := range map[string]struct {
		got  []byte
		want string
	}{
		"with a time to wait": {wire.Error("r-1", limited), `{"type":"error","request_id":"r-1","error":
			{"code":"rate_limited","message":"slow down","retryable":true,"retry_after_ms":1200}}`},
		"with a field, without request_id": {wire.Error("", chat.Invalid("room_id", "is missing")), `{"type":"error",
			"error":{"code":"invalid","message":"is missing","retryable":false,"field":"room_id"}}`},
		"wrapped": {wire.Error("", fmt.Errorf("read member: %w", chat.Errorf(chat.CodeForbidden, "join first"))),
			`{"type":"error","error":{"code":"forbidden","message":"join first","retryable":false}}`},
	} {
		t.Run(name, func(t *testing.T) { expectJSON(t, c.got, c.want) })
	}
}

func TestProblems(t *testing.T) {
	status, body := wire.Problem(fmt.Errorf("x: %w", chat.Invalid("limit", "must be from 1 to 100")))
	if status != http.StatusBadRequest {
		t.Errorf("status %d", status)
	}
	expectJSON(t, body, `{"type":"about:blank","title":"Bad Request","status":400,"detail":"must be from 1 to 100",
		"code":"invalid","field":"limit"}`)
	_, body = wire.Problem(&chat.Error{Code: chat.CodeRateLimited, Message: "slow down", RetryAfter: time.Second})
	expectJSON(t, body, `{"type":"about:blank","title":"Too Many Requests","status":429,"detail":"slow down",
		"code":"rate_limited","retry_after_ms":1000}`)
}

// What went wrong inside is for the log.
func TestNothingOfTheInsideReachesClients(t *testing.T) {
	secret := errors.New("table chat-Users-1X9 refused key secret")
	for _, err := range []error{
		secret,
		fmt.Errorf("put item: %w", secret),
		&chat.Error{Code: chat.CodeInternal, Message: "secret", Field: "secret", Err: secret},
		&chat.Error{Code: chat.CodeUnavailable, Message: "try again", Err: secret},
		&chat.Error{Code: chat.CodeUnauthorized, Message: "the token is not valid", Err: secret},
	} {
		_, problem := wire.Problem(err)
		for _, shown := range [][]byte{wire.Error("", err), problem} {
			if strings.Contains(string(shown), "secret") {
				t.Errorf("the client gets %s", shown)
			}
		}
	}
}
