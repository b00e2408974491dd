package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Kind says which engine to start.
type Kind string

// The kinds. Their values are those of the environment variable DYNAMODB, except for External.
const (
	Dynoxide Kind = "dynoxide"
	Local    Kind = "local"
	External Kind = "external"
)

// Options says what to start, and where it keeps things. Only Kind is always needed.
type Options struct {
	Kind Kind
	// Endpoint is the address of an External engine, such as http://127.0.0.1:8000.
	Endpoint string
	// ToolsDir is the folder that engines are installed into; several processes may share it.
	ToolsDir string
	// DataDir is the folder of the tables' data. Empty: the data goes when the engine does.
	DataDir string
	// Port to listen on; 0 takes a free one.
	Port int
	// Log gets what the engine prints, and the installer. Nil drops it.
	Log io.Writer
}

// Engine is a running DynamoDB.
type Engine struct {
	kind     Kind
	endpoint string
	process  *process
	lock     *os.File // of the data folder
	scratch  string   // a folder to remove at the end
}

// Start installs the engine if it is not there yet, starts it and returns when it answers. The engine ends with this process,
// however that ends. ctx bounds the start only; the engine runs until Close.
//
// Errors say what to do: a program that is missing and how to get it, a port or a data folder in use, a platform without the
// engine, or what the engine itself printed before it ended.
func Start(ctx context.Context, o Options) (*Engine, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	e := &Engine{kind: o.Kind}
	var err error
	switch o.Kind {
	case Dynoxide:
		err = e.startDynoxide(ctx, o)
	case Local:
		err = e.startLocal(ctx, o)
	case External:
		err = e.useExternal(ctx, o)
	default:
		return nil, fmt.Errorf("engine: %q is none of %q, %q, %q", o.Kind, Dynoxide, Local, External)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start engine %s: %w", o.Kind, err), e.Close())
	}
	return e, nil
}

// Kind is the kind that was started.
func (e *Engine) Kind() Kind { return e.kind }

// Endpoint is the engine's address for AWS_ENDPOINT_URL_DYNAMODB, such as http://127.0.0.1:8000.
func (e *Engine) Endpoint() string { return e.endpoint }

// Done is closed when the engine's process has ended, by Close or by itself. It is nil for an External engine.
func (e *Engine) Done() <-chan struct{} {
	if e.process == nil {
		return nil
	}
	return e.process.done
}

// PID is the number of the engine's process, 0 for an External engine.
func (e *Engine) PID() int {
	if e.process == nil {
		return 0
	}
	return e.process.cmd.Process.Pid
}

// Close ends the engine and waits until it has ended. It leaves an External engine alone.
func (e *Engine) Close() error {
	var err error
	if e.process != nil {
		err = e.process.stop()
	}
	if e.scratch != "" {
		err = errors.Join(err, os.RemoveAll(e.scratch))
	}
	if e.lock != nil {
		err = errors.Join(err, e.lock.Close())
		e.lock = nil
	}
	return err
}

// Config is what clients of the AWS SDK need to talk to the engine. The engines take any credentials; for an External one
// those of the environment are used where they are set.
func (e *Engine) Config() aws.Config { return Config(e.endpoint) }

// Config is Engine.Config for an address.
func Config(endpoint string) aws.Config {
	return aws.Config{
		Region:       or(os.Getenv("AWS_REGION"), "us-east-1"),
		BaseEndpoint: aws.String(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(
			or(os.Getenv("AWS_ACCESS_KEY_ID"), "local"),
			or(os.Getenv("AWS_SECRET_ACCESS_KEY"), "local"),
			os.Getenv("AWS_SESSION_TOKEN")),
	}
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func (e *Engine) useExternal(ctx context.Context, o Options) error {
	u, err := url.Parse(o.Endpoint)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("endpoint %q is not an http or https URL (AWS_ENDPOINT_URL_DYNAMODB)", o.Endpoint)
	}
	e.endpoint = strings.TrimRight(o.Endpoint, "/")
	if err := answers(ctx, e.endpoint); err != nil {
		return fmt.Errorf("nothing answers there (AWS_ENDPOINT_URL_DYNAMODB): %w", err)
	}
	return nil
}
