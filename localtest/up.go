package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/chat"
	"serverlesschat/localtest/accesstoken"
	"serverlesschat/localtest/apidoc"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/aws/template"
)

const (
	// stackName is what names of the chat's functions and tables begin with.
	stackName = "chat"
	// dataDir is the stack's folder; make clean-local removes it.
	dataDir = ".local"
)

// up runs the stack until ctx ends, or until it can't go on. interrupt ends ctx.
func up(ctx context.Context, interrupt func()) error {
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
	out := newTerminal(os.Stdout, func(err error) {
		if isGone(err) {
			interrupt() // a closed terminal is a Ctrl-C
		}
	})
	defer out.close(lastWait)
	options.Name, options.DataDir, options.Console = stackName, dataDir, out
	options.Docs = apidoc.Handler(os.DirFS("docs"))
	s, err := stack.Start(ctx, options)
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("stopped before it was ready: %w", context.Cause(ctx))
	case err != nil:
		return err
	}
	password, err := addDemoUsers(ctx, s, options)
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(out, "there are no accounts to try:", err) // the chat runs without them, and says itself what ends it
	}
	fmt.Fprint(out, welcome(s.Endpoints(), password, time.Since(start)))
	err = s.Wait(ctx)
	if !options.Quiet {
		fmt.Fprintln(out, "\nstopping …")
	}
	return errors.Join(err, s.Close())
}

// isGone reports whether a terminal or a pipe is gone for good; a full disk, where the output goes to a file, is not.
func isGone(err error) bool { return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EIO) }

func welcome(e stack.Endpoints, password string, took time.Duration) string {
	return fmt.Sprintf(`
The chat runs (ready in %.1f s). Ctrl-C stops it; its data stays in %s/.

  WebSocket   %[3]s
  HTTP        %[4]s        metrics: %[4]s/_local/metrics
  Documents   %[4]s/_local/docs
  Invoke      %[5]s
  SQS         %[7]s
  DynamoDB    %[6]s
  Accounts    alice and bob, both with the password %[8]s

In two other terminals, here:

  npx --yes wscat -c %[3]s -H "Authorization: Bearer $(make -s token USER=alice)"
  npx --yes wscat -c %[3]s -H "Authorization: Bearer $(make -s token USER=bob)"

and type in each, the second line in one of them:

  {"action":"joinRoom","room_id":"general"}
  {"action":"sendMessage","room_id":"general","content":"hi","client_message_id":"1"}

History:

  curl -H "Authorization: Bearer $(make -s token USER=alice)" %[4]s/rooms/general/messages

Signing in, as a page does:

  curl -d grant_type=password -d username=alice -d password=%[8]s %[4]s/auth/token

`, took.Seconds(), dataDir, e.WebSocket, e.HTTP, e.Invoke, e.DynamoDB, e.SQS, password)
}

// signingKey is the key that the local stack's tokens are signed with, made at the first use.
func signingKey() (*accesstoken.Key, error) {
	return accesstoken.LoadOrCreate(filepath.Join(dataDir, "token-key.pem"), rand.Reader)
}

// tokenLifetime is long enough for a day of trying things out.
const tokenLifetime = 24 * time.Hour

// printToken prints a token for user and nothing else, with the issuer and the audience that the template asks for. A
// name that the chat would refuse is refused here, where it is seen at once.
func printToken(user string) error {
	if user == "" {
		return errors.New("whose token? Say make token USER=alice")
	}
	if err := chat.UserID(user).Validate(); err != nil {
		return fmt.Errorf("USER=%s: %w", user, err)
	}
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

// createTables creates the template's tables at AWS_ENDPOINT_URL_DYNAMODB for functions that something else runs, such
// as SAM's tools. They have the names that up gives them there: checkouts that share an engine do not share tables.
func createTables(ctx context.Context, _ func()) error {
	endpoint := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")
	if endpoint == "" {
		return errors.New("AWS_ENDPOINT_URL_DYNAMODB is missing: where to create the tables")
	}
	name, err := stack.FolderName(stackName, dataDir)
	if err != nil {
		return err
	}
	system, err := template.Load("template.yaml", template.Options{StackName: name})
	if err != nil {
		return err
	}
	config, err := engine.ExternalConfig(ctx, endpoint)
	if err != nil {
		return err
	}
	return engine.CreateTables(ctx, dynamodb.NewFromConfig(config), stack.Tables(system))
}
