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
	"github.com/gofrs/flock"
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
	// Progress is told what takes long, in a few words: that something is fetched. Nil: nobody is.
	Progress func(what string)
}

// Engine is a running DynamoDB.
type Engine struct {
	endpoint string
	config   aws.Config
	process  *process
	folder   string       // of the data; empty for an External engine
	lock     *flock.Flock // of the data folder
	scratch  string       // a folder to remove at the end
}

// Start installs the engine if it is not there yet, starts it and returns when it answers. The engine ends with this
// process, however that ends. ctx bounds the start only; the engine runs until Close.
//
// Errors say what to do: a program that is missing and how to get it, a port or a data folder in use, a platform
// without the engine, or what the engine itself printed before it ended.
func Start(ctx context.Context, o Options) (*Engine, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	e := &Engine{}
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
	if o.Kind != External {
		e.config = Config(e.endpoint)
	}
	return e, nil
}

// Endpoint is the engine's address for AWS_ENDPOINT_URL_DYNAMODB, such as http://127.0.0.1:8000.
func (e *Engine) Endpoint() string { return e.endpoint }

// Folder is the folder of the data, a temporary one if none was given. It is empty for an External engine.
func (e *Engine) Folder() string { return e.folder }

// Ask returns nil when the engine answers before ctx ends; any answer will do.
func (e *Engine) Ask(ctx context.Context) error { return answers(ctx, e.endpoint) }

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

// Config is what clients of the AWS SDK need to talk to the engine: see the function Config, or for an External engine
// ExternalConfig.
func (e *Engine) Config() aws.Config { return e.config }

// Config is for clients of an engine of ours at an address. Such engines take any credentials, so what the shell has
// set does not matter: tables stay the same whatever AWS_REGION is.
func Config(endpoint string) aws.Config {
	return aws.Config{
		Region:       defaultRegion,
		BaseEndpoint: aws.String(endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider(anyKey, anyKey, ""),
	}
}

const (
	defaultRegion = "us-east-1"
	anyKey        = "local"
)

func (e *Engine) useExternal(ctx context.Context, o Options) error {
	u, err := url.Parse(o.Endpoint)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("endpoint %q is not an http or https URL (AWS_ENDPOINT_URL_DYNAMODB)", o.Endpoint)
	}
	e.endpoint = strings.TrimRight(o.Endpoint, "/")
	if err := answers(ctx, e.endpoint); err != nil {
		return fmt.Errorf("nothing answers there (AWS_ENDPOINT_URL_DYNAMODB): %w", err)
	}
	e.config, err = ExternalConfig(ctx, e.endpoint)
	return err
}
