package stack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/files"
	"serverlesschat/localtest/aws/gateway"
	"serverlesschat/localtest/aws/httpapi"
	"serverlesschat/localtest/aws/iam/enforce"
	"serverlesschat/localtest/aws/lambda"
	"serverlesschat/localtest/aws/metrics"
	"serverlesschat/localtest/aws/queues"
	"serverlesschat/localtest/aws/secrets"
	"serverlesschat/localtest/aws/template"
)

// Stack is a running system.
type Stack struct {
	options   Options
	system    *template.System
	endpoints Endpoints
	name      string            // what names of functions and tables begin with
	keys      map[string]string // environment of the functions that makes their calls reach the engine
	held      *flock.Flock      // of the data folder
	announced bool              // endpoints.json is there
	console   *console
	log       *slog.Logger
	health    *health

	engine    *engine.Engine
	engineLog *files.Log
	listeners listeners
	lambda    *lambda.Service
	metrics   *metrics.Registry
	queues    *queues.Service // nil: it has no queues
	secrets   *secrets.Service
	gateway   *gateway.Gateway // nil: the template has no WebSocket API
	http      *httpapi.Handler // nil: it has no HTTP API
	httpFront http.Handler     // what clients call in its place

	rights      *enforce.Enforcer // nil: rights are not judged
	judgedStore *engine.Front     // of the enforcer before the engine; nil: likewise

	servers     []*http.Server
	lateServers []*http.Server // of queues and secrets: functions that end may still call them
	serving     sync.WaitGroup
	mappings    sync.WaitGroup     // from streams and queues
	stop        context.CancelFunc // ends the mappings
	watching    sync.WaitGroup
	unwatch     context.CancelFunc
}

// Start runs the system and returns when all of it answers. It ends with Close; ctx bounds the start only.
//
// Errors name what is missing on the machine and how to get it, what the template uses and the stack does not know (by
// line), a port that is taken, or what the compiler said.
func Start(ctx context.Context, options Options) (*Stack, error) {
	o := options.withDefaults()
	level := slog.LevelInfo
	if o.Quiet {
		level = slog.LevelWarn
	}
	log := slog.New(slog.NewTextHandler(o.Console, &slog.HandlerOptions{Level: level}))
	s := &Stack{
		options: o,
		name:    o.Name,
		console: newConsole(o.Console, time.Now, o.Quiet),
		log:     log,
		health:  &health{log: log, problems: map[string]string{}},
	}
	s.metrics = metrics.New(metrics.Options{Logger: log, Gauges: s.queueGauges})
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// start goes from what others need to what needs others.
func (s *Stack) start(ctx context.Context) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	var err error
	if s.options.Engine == engine.External {
		if s.name, err = FolderName(s.options.Name, s.options.DataDir); err != nil {
			return err
		}
	}
	if s.listeners, err = listen(ctx, s.options); err != nil {
		return err
	}
	// Before the long steps, since a wrong template is told at once; and again when all addresses are known.
	if err := s.loadTemplate(""); err != nil {
		return err
	}
	if err := s.startRights(); err != nil {
		return err
	}
	if err := s.startSecrets(); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := s.startFunctions(); err != nil {
		return err
	}
	if err := s.startQueues(); err != nil {
		return err
	}
	if err := s.startAPIs(); err != nil {
		return err
	}
	if err := s.startMappings(); err != nil {
		return err
	}
	watching, stop := context.WithCancel(context.Background())
	s.unwatch = stop
	s.watching.Go(func() { s.watch(watching) })
	s.watching.Go(func() { s.removeExpired(watching) })
	s.announced = true
	return writeJSON(s.options.path(endpointsFile), s.endpoints)
}

// prepare builds the functions while the engine starts: each takes long the first time. When one fails, the other is
// stopped.
func (s *Stack) prepare(ctx context.Context) error {
	functions := s.system.Functions // before the engine's address makes it another system
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.build(ctx, functions) })
	group.Go(func() error { return s.startEngine(ctx) })
	return group.Wait()
}

func (s *Stack) build(ctx context.Context, functions []template.Function) error {
	if s.options.BinDir != "" {
		return nil
	}
	dir := s.options.path("functions")
	defer s.console.begin("building the functions").done()
	if err := Build(ctx, s.options.Root, dir, functions); err != nil {
		return err
	}
	s.options.BinDir = dir
	return nil
}

func (s *Stack) startEngine(ctx context.Context) (err error) {
	if s.engineLog, err = s.openEngineLog(); err != nil {
		return err
	}
	dataDir := s.options.path("data", string(s.options.Engine))
	if s.options.InMemory {
		dataDir = ""
	}
	step := s.console.begin("starting the engine")
	defer step.done()
	s.engine, err = engine.Start(ctx, engine.Options{
		Kind: s.options.Engine, Endpoint: s.options.Endpoint, ToolsDir: s.options.ToolsDir,
		DataDir: dataDir, Port: s.options.DynamoDBPort, Log: s.engineLog, Progress: step.now,
	})
	if err != nil {
		return err
	}
	client := dynamodb.NewFromConfig(s.engine.Config())
	if err := engine.CreateTables(ctx, client, Tables(s.system)); err != nil {
		return fmt.Errorf("create tables: %w", err)
	}
	if s.options.Engine == engine.External {
		if err := s.useShellKeys(ctx); err != nil {
			return err
		}
	}
	front := s.engine.Endpoint()
	if s.options.StoreFront != nil {
		if front, err = s.options.StoreFront(front); err != nil {
			return err
		}
	}
	if front, err = s.judgeStore(front); err != nil {
		return err
	}
	return s.loadTemplate(front)
}

// useShellKeys gives the functions the keys that an engine outside is called with. A process keeps them as they are, so
// those that expire do so under a running stack.
func (s *Stack) useShellKeys(ctx context.Context) error {
	keys, expire, err := s.engine.Variables(ctx)
	if err != nil {
		return err
	}
	s.keys = keys
	if !expire.IsZero() {
		s.log.Warn("the shell's keys for the engine expire, and calls of functions fail from then on; end the stack before "+
			"and start it again with new ones", "at", expire.Local().Format(time.DateTime))
	}
	return nil
}

func (s *Stack) openEngineLog() (*files.Log, error) {
	name := s.options.path("log", "engine.log")
	log, err := files.OpenLog(name, files.LogLimit, func(err error) {
		if err != nil {
			s.log.Error("the engine's log can't be written; its lines are lost until it can be", "error", err)
		} else {
			s.log.Info("the engine's log is written again")
		}
	})
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return log, nil
}

// Endpoints returns the addresses.
func (s *Stack) Endpoints() Endpoints { return s.endpoints }

// System returns what the template describes, as it runs.
func (s *Stack) System() *template.System { return s.system }

// Processes returns the processes that belong to the stack beside its own, by process id: "engine", or the function's
// name.
func (s *Stack) Processes() map[int]string {
	all := map[int]string{}
	for _, p := range s.lambda.Processes() {
		all[p.PID] = p.Function
	}
	if pid := s.engine.PID(); pid != 0 {
		all[pid] = "engine"
	}
	return all
}
