package e2e

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"serverlesschat/internal/app"
	"serverlesschat/localtest/aws/engine/enginetest"
	"serverlesschat/localtest/aws/stack"
)

// endpointFile, beside the binary of a function, has the address of the store that it is to use.
const endpointFile = "store-endpoint"

// thawed is what a process logs when it goes on.
const thawed = "thawed"

// This test binary is the function sendmessage too, when Lambda runs it.
func init() {
	if root := os.Getenv("LAMBDA_TASK_ROOT"); root != "" {
		fmt.Fprintln(os.Stderr, runSendMessage(root))
		os.Exit(1)
	}
}

// runSendMessage does what the function's main does. Its clock alone is another one: whenever the process was stopped, it
// was so for a minute.
func runSendMessage(root string) error {
	endpoint, err := os.ReadFile(filepath.Join(root, endpointFile))
	if err != nil {
		return err
	}
	if err := os.Setenv("AWS_ENDPOINT_URL_DYNAMODB", string(endpoint)); err != nil {
		return err
	}
	p, err := app.NewParts(context.Background(), os.Getenv, os.Stdout)
	if err != nil {
		return err
	}
	handler := app.SendMessage(p)
	if err := p.Err(); err != nil {
		return err
	}
	var stood atomic.Int64
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	go func() {
		for range continued {
			stood.Add(int64(time.Minute))
			fmt.Println(thawed)
		}
	}()
	now := func() time.Time { return time.Now().Add(time.Duration(stood.Load())) }
	lambda.Start(app.Handler(p, "sendmessage", now, handler))
	return nil
}

// TestAProcessThatWasFrozenServesAtOnce: it is stopped, as Lambda does between two invocations. Its connections are cut
// meanwhile, and nobody tells it. Its next call is made on a new one, and need not time out first.
func TestAProcessThatWasFrozenServesAtOnce(t *testing.T) {
	dir := withOwnSendMessage(t)
	w := startOwn(t, stack.Options{BinDir: dir})
	relay := enginetest.StartRelay(t, w.endpointOf(t, "SendMessageFunction"))
	if err := os.WriteFile(filepath.Join(dir, endpointFile), []byte(relay.Endpoint()), 0o600); err != nil {
		t.Fatal(err)
	}
	ann := w.as("ann")
	ann.joins("lobby")
	ann.sends("lobby", "before")
	serving := w.processesOf("sendmessage")
	if len(serving) != 1 || relay.Opened() == 0 {
		t.Fatalf("processes %v with %d connections, want one with some", serving, relay.Opened())
	}
	for pid := range serving {
		signalProcess(t, pid, syscall.SIGSTOP)
		relay.Silence()
		signalProcess(t, pid, syscall.SIGCONT)
	}
	await(t, "the process goes on", func() bool { return strings.Contains(w.log("sendmessage"), thawed) })

	ann.sends("lobby", "after")
	ann.sees("lobby", "before", "after")
	if n := relay.Lost(); n > 0 {
		t.Errorf("%d bytes went to the connections that were cut", n)
	}
	for pid := range w.processesOf("sendmessage") {
		if serving[pid] == "" {
			t.Errorf("the process %d has served, want that which was frozen: %v", pid, serving)
		}
	}
}

// withOwnSendMessage returns a folder with the binaries of all functions; this test binary is that of sendmessage.
func withOwnSendMessage(t *testing.T) string {
	t.Helper()
	built, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	functions, err := os.ReadDir(built)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range functions {
		binary := filepath.Join(built, f.Name())
		if f.Name() == "sendmessage" {
			binary = own
		}
		if err := os.Symlink(binary, filepath.Join(dir, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// endpointOf returns the address of the store that the stack gives a function.
func (w *world) endpointOf(t *testing.T, logicalID string) string {
	t.Helper()
	f := w.stack.System().Function(logicalID)
	if f.Name == "" {
		t.Fatalf("there is no function %s", logicalID)
	}
	return f.Environment["AWS_ENDPOINT_URL_DYNAMODB"]
}

func signalProcess(t *testing.T, pid int, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, s); err != nil {
		t.Fatal(err)
	}
}
