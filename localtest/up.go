package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/localtest/accesstoken"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/aws/template"
)

// dataDir is the stack's folder; make clean-local removes it.
const dataDir = ".local"

// up runs the stack until ctx ends, or until it can't go on.
func up(ctx context.Context) error {
	start := time.Now()
	options, err := optionsFrom(os.Getenv)
	if err != nil {
		return err
	}
	key, err := signingKey()
	if err != nil {
		return err
	}
	options.Parameters["TokenKeys"] = key.JWKS()
	options.Console = os.Stdout
	fmt.Println("starting; the first start builds the functions and gets the engine, which takes a minute …")
	s, err := stack.Start(ctx, options)
	if err != nil {
		return err
	}
	fmt.Print(welcome(s.Endpoints(), time.Since(start)))
	err = s.Wait(ctx)
	fmt.Println("\nstopping …")
	return errors.Join(err, s.Close())
}

func welcome(e stack.Endpoints, took time.Duration) string {
	return fmt.Sprintf(`
The chat runs (ready in %.1f s). Ctrl-C stops it; its data stays in %s/.

  WebSocket   %[3]s
  HTTP        %[4]s        metrics: %[4]s/_local/metrics
  Invoke      %[5]s
  DynamoDB    %[6]s

In two other terminals, here:

  npx --yes wscat -c %[3]s -H "Authorization: Bearer $(make -s token USER=alice)"
  npx --yes wscat -c %[3]s -H "Authorization: Bearer $(make -s token USER=bob)"

and type in each, the second line in one of them:

  {"action":"joinRoom","room_id":"general"}
  {"action":"sendMessage","room_id":"general","content":"hi","client_message_id":"1"}

History:

  curl -H "Authorization: Bearer $(make -s token USER=alice)" %[4]s/rooms/general/messages

`, took.Seconds(), dataDir, e.WebSocket, e.HTTP, e.Invoke, e.DynamoDB)
}

// signingKey is the key that the local stack's tokens are signed with, made at the first use.
func signingKey() (*accesstoken.Key, error) {
	return accesstoken.LoadOrCreate(filepath.Join(dataDir, "token-key.pem"), rand.Reader)
}

// tokenLifetime is long enough for a day of trying things out.
const tokenLifetime = 24 * time.Hour

// printToken prints a token for user and nothing else, with the issuer and the audience that the template asks for.
func printToken(user string) error {
	system, err := template.Load("template.yaml", template.Options{})
	if err != nil {
		return err
	}
	key, err := signingKey()
	if err != nil {
		return err
	}
	now := time.Now()
	token, err := key.Sign(accesstoken.Claims{
		Subject: user, Issuer: system.Parameters["TokenIssuer"], Audience: system.Parameters["TokenAudience"],
		IssuedAt: now, ExpiresAt: now.Add(tokenLifetime),
	})
	if err != nil {
		return err
	}
	fmt.Println(token)
	return nil
}

// createTables creates the template's tables at AWS_ENDPOINT_URL_DYNAMODB, called as the stack calls them.
func createTables(ctx context.Context) error {
	endpoint := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")
	if endpoint == "" {
		return errors.New("AWS_ENDPOINT_URL_DYNAMODB is missing: where to create the tables")
	}
	system, err := template.Load("template.yaml", template.Options{StackName: stack.Name})
	if err != nil {
		return err
	}
	return engine.CreateTables(ctx, dynamodb.NewFromConfig(engine.Config(endpoint)), stack.Tables(system))
}
