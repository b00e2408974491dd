// Command function does what its events say, well or badly. MODE makes it misbehave before it is ready.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// event says what to do.
type event struct {
	Do   string `json:"do"`
	Text string `json:"text,omitempty"`
	Size int    `json:"size,omitempty"`
}

// reply describes the process to the caller, too.
type reply struct {
	Text      string   `json:"text,omitempty"`
	PID       int      `json:"pid"`
	RequestID string   `json:"request_id"`
	ARN       string   `json:"arn"`
	LeftMs    int64    `json:"left_ms"`
	Env       []string `json:"env,omitempty"`
	Dir       string   `json:"dir,omitempty"`
}

func main() {
	switch os.Getenv("MODE") {
	case "exit":
		fmt.Println("cannot start")
		os.Exit(3)
	case "init-error":
		reportInitError()
	case "once":
		// The first start blocks, the next ones do not.
		if f, err := os.OpenFile(os.Getenv("MARK"), os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			f.Close()
			block()
		}
	case "block":
		block()
	case "puppet":
		fmt.Println(os.Getenv("AWS_LAMBDA_RUNTIME_API"))
		block()
	case "hasty":
		answerAndExit()
	case "polite":
		lambda.StartWithOptions(handle, lambda.WithEnableSIGTERM(func() { fmt.Println("bye") }))
	}
	lambda.Start(handle)
}

// block waits to be killed. Not forever: a failed test shall leave nothing running.
func block() {
	time.Sleep(time.Minute)
	os.Exit(9)
}

func reportInitError() {
	url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/init/error"
	body := strings.NewReader(`{"errorMessage":"no settings","errorType":"Settings"}`)
	if _, err := http.Post(url, "application/json", body); err != nil {
		fmt.Println(err)
	}
	os.Exit(1)
}

// answerAndExit runs one invocation and does not wait for what the Runtime API says to its response.
func answerAndExit() {
	conn, err := net.Dial("tcp", os.Getenv("AWS_LAMBDA_RUNTIME_API"))
	if err != nil {
		os.Exit(1)
	}
	const base = "/2018-06-01/runtime/invocation/"
	fmt.Fprintf(conn, "GET %snext HTTP/1.1\r\nHost: x\r\n\r\n", base)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		os.Exit(1)
	}
	fmt.Fprintf(conn, "POST %s%s/response HTTP/1.1\r\nHost: x\r\nContent-Length: 16\r\n\r\n{\"text\":\"hasty\"}",
		base, res.Header.Get("Lambda-Runtime-Aws-Request-Id"))
	os.Exit(0)
}

func handle(ctx context.Context, e event) (any, error) {
	switch e.Do {
	case "fail":
		return nil, errors.New(e.Text)
	case "panic":
		panic(e.Text)
	case "exit":
		os.Exit(e.Size)
	case "block":
		block()
	case "call": // returns when the test lets it
		return call(e.Text)
	case "huge":
		return strings.Repeat("x", e.Size), nil
	case "broken-off":
		return io.MultiReader(strings.NewReader(`{"half":`), brokenReader{}), nil
	case "print":
		_, _ = os.Stdout.WriteString(e.Text)
	case "flood":
		_, _ = os.Stdout.Write(append(bytes.Repeat([]byte("y"), e.Size), '\n'))
	case "leave":
		return leave()
	case "env":
		dir, _ := os.Getwd()
		r := newReply(ctx, e.Text)
		r.Env, r.Dir = os.Environ(), dir
		return r, nil
	}
	return newReply(ctx, e.Text), nil
}

func newReply(ctx context.Context, text string) reply {
	lc, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	return reply{
		Text: text, PID: os.Getpid(), RequestID: lc.AwsRequestID, ARN: lc.InvokedFunctionArn,
		LeftMs: time.Until(deadline).Milliseconds(),
	}
}

func call(url string) (any, error) {
	res, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return reply{PID: os.Getpid()}, err
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("broken off") }

// leave starts a program that inherits the output and does not end with the function.
func leave() (any, error) {
	cmd := exec.Command("/bin/sleep", "60")
	cmd.Stdout = os.Stdout
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	os.Exit(0)
	return nil, nil
}
