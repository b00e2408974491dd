// Package target opens the chat that a benchmark measures: a local stack of its own, with delays where AWS has them, or
// the chat whose addresses are in the environment.
package target

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"serverlesschat/localtest/accesstoken"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/aws/template"
)

// Target is the chat that is measured.
type Target struct {
	WebSocket string // its address
	// Deviations are the parameters whose values are not the template's, as Key=Value.
	Deviations []string
	// Local says what is known of a local stack alone; nil elsewhere.
	Local *Local

	HTTP             string // the address of the HTTP API; empty where it is not known
	key              *accesstoken.Key
	issuer, audience string
	close            func() error
}

// Local is what is known of a local stack.
type Local struct {
	HTTP     string // address of the HTTP API
	DynamoDB string // address of the engine, without a delay
	System   *template.System
}

// Open returns the chat of the environment, or starts a local stack whose data goes when it is closed. The chat of the
// environment is at CHAT_WEBSOCKET_URL, with tokens signed by the key in the file CHAT_TOKEN_KEY; where CHAT_HTTP_URL
// is given, the counters are read there, if it has them. Options are for a local stack alone.
func Open(ctx context.Context, o Options) (*Target, error) {
	if IsRemote() {
		return openRemote(o)
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	t, err := openLocal(ctx, o, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return t, nil
}

// IsRemote reports whether Open opens the chat of the environment.
func IsRemote() bool { return os.Getenv(webSocketURL) != "" }

// Close ends what Open started.
func (t *Target) Close() error { return t.close() }

const (
	templateFile = "template.yaml"
	webSocketURL = "CHAT_WEBSOCKET_URL"
)

func openLocal(ctx context.Context, o Options, dir string) (*Target, error) {
	defaults, err := template.Load(templateFile, template.Options{})
	if err != nil {
		return nil, err
	}
	key, err := accesstoken.New(rand.Reader)
	if err != nil {
		return nil, err
	}
	front := &storeFront{delay: delay(o.StoreDelay)}
	chat, err := stack.Start(ctx, stack.Options{
		Name: "bench", DataDir: dir, ToolsDir: filepath.Join(".local", "tools"), Engine: o.Engine, StreamPoll: o.Poll,
		Parameters: o.stackParameters(key), MaxProcesses: o.Processes,
		StoreFront: front.start, ManagementFront: o.managementFront(),
	})
	if err != nil {
		return nil, errors.Join(err, front.close())
	}
	e, system := chat.Endpoints(), chat.System()
	return &Target{
		WebSocket: e.WebSocket, Deviations: o.Parameters.differing(defaults.Parameters),
		Local: &Local{HTTP: e.HTTP, DynamoDB: e.DynamoDB, System: system},
		HTTP:  e.HTTP, key: key,
		issuer: system.Parameters["TokenIssuer"], audience: system.Parameters["TokenAudience"],
		close: func() error { return errors.Join(chat.Close(), front.close(), os.RemoveAll(dir)) },
	}, nil
}

func (o Options) stackParameters(key *accesstoken.Key) map[string]string {
	// What one user may do a second is not what is measured.
	parameters := map[string]string{
		"TokenKeys": key.JWKS(), "ActionRate": "1000000", "ActionBurst": "1000000", "ConnectionsPerUser": "100",
	}
	maps.Copy(parameters, o.Parameters)
	return parameters
}

func (o Options) managementFront() func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		next = delay(o.PostDelay).before(next)
		if o.ManagementFront != nil {
			next = o.ManagementFront(next)
		}
		return next
	}
}

func openRemote(o Options) (*Target, error) {
	if o.StoreDelay != 0 || o.PostDelay != 0 || o.Processes != 0 || len(o.Parameters) > 0 {
		return nil, fmt.Errorf("delays, limits and parameters are for a local stack: unset %s, or leave them out",
			webSocketURL)
	}
	system, err := template.Load(templateFile, template.Options{})
	if err != nil {
		return nil, err
	}
	key, err := accesstoken.Load(os.Getenv("CHAT_TOKEN_KEY"))
	if err != nil {
		return nil, fmt.Errorf("CHAT_TOKEN_KEY: %w", err)
	}
	return &Target{
		WebSocket: os.Getenv(webSocketURL), HTTP: os.Getenv("CHAT_HTTP_URL"), key: key,
		close:  func() error { return nil },
		issuer: system.Parameters["TokenIssuer"], audience: system.Parameters["TokenAudience"],
	}, nil
}

// Token returns an access token of a user, good for an hour.
func (t *Target) Token(user string) (string, error) {
	now := time.Now()
	return t.key.Sign(accesstoken.Claims{
		Issuer: t.issuer, Audience: t.audience, Subject: user,
		IssuedAt: now.Add(-time.Minute), ExpiresAt: now.Add(time.Hour),
	})
}
