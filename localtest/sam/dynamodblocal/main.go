// Command dynamodblocal runs Amazon's DynamoDB Local by itself, in memory, until it is interrupted. It prints the
// address as soon as it answers there. make sam-local gives it to functions in containers, which reach it since it
// listens on all interfaces.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"serverlesschat/localtest/aws/engine"
)

// toolsDir is where the local stack keeps it too.
const toolsDir = ".local/tools"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "dynamodblocal:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	e, err := engine.Start(ctx, engine.Options{Kind: engine.Local, ToolsDir: toolsDir, Log: os.Stderr})
	if err != nil {
		return err
	}
	fmt.Println(e.Endpoint())
	select {
	case <-ctx.Done():
	case <-e.Done():
		err = errors.New("DynamoDB Local ended by itself")
	}
	return errors.Join(err, e.Close())
}
