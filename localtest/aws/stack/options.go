package stack

import (
	"cmp"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/iam"
)

// Options say what to run and where. The zero value of a field is its default.
type Options struct {
	// Name is what names of functions and tables begin with. On an engine outside an id of DataDir follows: FolderName.
	// Default: local.
	Name string
	// Root is the folder with template.yaml, functions and go.mod. Default: the current folder.
	Root string
	// DataDir keeps data, logs and what is built. Default: .local below Root.
	DataDir string
	// ToolsDir keeps what is installed; stacks may share it. Default: tools below DataDir.
	ToolsDir string
	// BinDir holds function binaries that are built already (see Build). Default: they are built, into DataDir.
	BinDir string
	// Parameters are values for the template's parameters, beside those that the stack itself gives: endpoints.
	Parameters map[string]string

	// Engine is the kind of DynamoDB; Endpoint its address when it is engine.External. Default: engine.Dynoxide.
	Engine   engine.Kind
	Endpoint string
	// InMemory keeps nothing: tables, queues and secrets go when the stack ends.
	InMemory bool
	// StoreFront, if given, stands between the functions and the engine: it gets the engine's address and returns the
	// one that the functions use.
	StoreFront func(engine string) (endpoint string, err error)
	// ManagementFront, if given, stands between the functions and the management API: it gets the API's handler and returns
	// the one that answers calls for connections.
	ManagementFront func(http.Handler) http.Handler
	// QueueFront, if given, stands between the functions and SQS; only with Rights, which give the functions an SQS of their
	// own.
	QueueFront func(http.Handler) http.Handler
	// HTTPFront, if given, stands between clients and the HTTP API.
	HTTPFront func(http.Handler) http.Handler
	// Docs, if given, is served below /_local/docs/: pages about the system that runs. It gets the rest of the path.
	Docs http.Handler
	// Rights, if given, has every call of a function judged by the function's role in the template, before any front, and is
	// told of each decision, also from several goroutines at once. A call that is not allowed is answered as AWS does.
	Rights func(iam.Call, iam.Decision)

	// Ports; 0 means a free one.
	HTTPPort, WSPort, InvokePort, DynamoDBPort, SQSPort, SecretsManagerPort int

	// StreamPoll is how often streams are polled. AWS: 250 ms. Default: 10 ms.
	StreamPoll time.Duration
	// MaxProcesses bounds the processes of one function. Default: 10.
	MaxProcesses int
	// FreeWait is how long an invocation waits for a free process before one is started for it. Default: 20 ms.
	// Negative: not at all, as on AWS.
	FreeWait time.Duration

	// AccountRate and AccountBurst are the bucket from which frames, requests to the HTTP API and @connections calls
	// draw alike: requests a second, and at once. Default: 10,000 and 5,000.
	AccountRate, AccountBurst int
	// ConnectionLife is after how long the gateway ends a connection. Default: 2 hours, as on AWS.
	ConnectionLife time.Duration
	// HandshakeRate bounds new connections a second. Default: 500.
	HandshakeRate int
	// CloseThrottled closes a connection (1008) whose frame was throttled, after the error frame.
	CloseThrottled bool

	// Console gets the readable lines; nil drops them. Its Write must not block, or the stack would stand still with
	// it.
	Console io.Writer
	// Quiet leaves only what is wrong on the console.
	Quiet bool
}

const defaultStreamPoll = 10 * time.Millisecond

func (o Options) withDefaults() Options {
	o.Name = cmp.Or(o.Name, "local")
	o.Root = cmp.Or(o.Root, ".")
	o.DataDir = cmp.Or(o.DataDir, filepath.Join(o.Root, ".local"))
	o.ToolsDir = cmp.Or(o.ToolsDir, filepath.Join(o.DataDir, "tools"))
	o.Engine = cmp.Or(o.Engine, engine.Dynoxide)
	o.StreamPoll = cmp.Or(o.StreamPoll, defaultStreamPoll)
	o.AccountRate = cmp.Or(o.AccountRate, defaultAccountRate)
	o.AccountBurst = cmp.Or(o.AccountBurst, defaultAccountBurst)
	o.HandshakeRate = cmp.Or(o.HandshakeRate, defaultHandshakeRate)
	if o.Console == nil {
		o.Console = io.Discard
	}
	return o
}

func (o Options) path(parts ...string) string {
	return filepath.Join(append([]string{o.DataDir}, parts...)...)
}
