package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"serverlesschat/localtest/accesstoken"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/aws/template"
)

const stackName = "chat"

// target is the chat that is measured.
type target struct {
	websocket, http  string // http is empty where there are no counters to read
	key              *accesstoken.Key
	issuer, audience string
	close            func() error
}

// openTarget returns the chat of the environment, or starts a local stack whose data goes when it is closed.
func openTarget(ctx context.Context, s settings, poll time.Duration) (*target, error) {
	if url := os.Getenv("CHAT_WEBSOCKET_URL"); url != "" {
		return remoteTarget(url)
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	t, err := localTarget(ctx, s, poll, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return t, nil
}

func localTarget(ctx context.Context, s settings, poll time.Duration, dir string) (*target, error) {
	key, err := accesstoken.New(rand.Reader)
	if err != nil {
		return nil, err
	}
	options := stack.Options{
		Name: stackName, DataDir: dir, ToolsDir: filepath.Join(".local", "tools"), Engine: s.engine, StreamPoll: poll,
		Parameters: map[string]string{"TokenKeys": key.JWKS()}, MaxProcesses: s.processes,
	}
	var front *slowStore
	if s.storeDelay > 0 {
		front = &slowStore{delay: s.storeDelay}
		options.StoreFront = front.start
	}
	chat, err := stack.Start(ctx, options)
	if err != nil {
		return nil, errors.Join(err, front.close())
	}
	e := chat.Endpoints()
	return &target{
		websocket: e.WebSocket, http: e.HTTP, key: key,
		issuer: chat.System().Parameters["TokenIssuer"], audience: chat.System().Parameters["TokenAudience"],
		close: func() error { return errors.Join(chat.Close(), front.close(), os.RemoveAll(dir)) },
	}, nil
}

func remoteTarget(websocket string) (*target, error) {
	system, err := template.Load("template.yaml", template.Options{})
	if err != nil {
		return nil, err
	}
	key, err := accesstoken.Load(os.Getenv("CHAT_TOKEN_KEY"))
	if err != nil {
		return nil, fmt.Errorf("CHAT_TOKEN_KEY: %w", err)
	}
	return &target{
		websocket: websocket, key: key, close: func() error { return nil },
		issuer: system.Parameters["TokenIssuer"], audience: system.Parameters["TokenAudience"],
	}, nil
}

func (t *target) token(user string) (string, error) {
	now := time.Now()
	return t.key.Sign(accesstoken.Claims{
		Issuer: t.issuer, Audience: t.audience, Subject: user, IssuedAt: now.Add(-time.Minute), ExpiresAt: now.Add(time.Hour),
	})
}

func (t *target) counters(ctx context.Context) (counters, error) {
	if t.http == "" {
		return counters{}, nil
	}
	return readCounters(ctx, t.http)
}
