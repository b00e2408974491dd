package stack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/localtest/aws/edge"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/gateway"
	"serverlesschat/localtest/aws/httpapi"
	"serverlesschat/localtest/aws/iam/enforce"
	"serverlesschat/localtest/aws/lambda"
	"serverlesschat/localtest/aws/metrics"
	"serverlesschat/localtest/aws/template"
)

// Stack is a running system.
type Stack struct {
	options   Options
	system    *template.System
	endpoints Endpoints
	announced bool // endpoints.json is ours
	console   *console
	log       *slog.Logger

	engine    *engine.Engine
	listeners listeners
	lambda    *lambda.Service
	metrics   *metrics.Registry
	gateway   *gateway.Gateway // nil: the template has no WebSocket API
	http      *httpapi.Handler // nil: it has no HTTP API

	rights      *enforce.Enforcer // nil: rights are not judged
	judgedStore *judgedStore      // nil: likewise

	servers []*http.Server
	serving sync.WaitGroup
	streams sync.WaitGroup
	stop    context.CancelFunc // ends the stream mappings
	letters deadLetters
}

// Start runs the system and returns when all of it answers. It ends with Close; ctx bounds the start only.
//
// Errors name what is missing on the machine and how to get it, what the template uses and the stack does not know (by
// line), a port that is taken, or what the compiler said.
func Start(ctx context.Context, options Options) (*Stack, error) {
	o := options.withDefaults()
	log := slog.New(slog.NewTextHandler(o.Console, nil))
	s := &Stack{
		options: o,
		console: &console{out: o.Console, now: time.Now},
		log:     log,
		metrics: metrics.New(metrics.Options{Logger: log}),
		letters: deadLetters{dir: o.path("dead-letters")},
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// start goes from what others need to what needs others.
func (s *Stack) start(ctx context.Context) error {
	if err := os.MkdirAll(s.options.DataDir, 0o755); err != nil {
		return err
	}
	err := clearEndpoints(s.options.path(endpointsFile))
	if err != nil {
		return err
	}
	if s.listeners, err = listen(s.options); err != nil {
		return err
	}
	// Before the long steps, since a wrong template is told at once; and again when all addresses are known.
	if err := s.loadTemplate(""); err != nil {
		return err
	}
	if err := s.startRights(); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := s.startFunctions(); err != nil {
		return err
	}
	if err := s.startAPIs(); err != nil {
		return err
	}
	if err := s.startStreams(); err != nil {
		return err
	}
	s.announced = true
	return s.endpoints.write(s.options.path(endpointsFile))
}

// prepare builds the functions while the engine starts: each takes long the first time.
func (s *Stack) prepare(ctx context.Context) error {
	built := make(chan error, 1)
	go func() { built <- s.build(ctx) }()
	err := s.startEngine(ctx)
	return errors.Join(<-built, err)
}

func (s *Stack) build(ctx context.Context) error {
	if s.options.BinDir != "" {
		return nil
	}
	s.options.BinDir = s.options.path("functions")
	return Build(ctx, s.options.Root, s.options.BinDir, s.system.Functions)
}

func (s *Stack) startEngine(ctx context.Context) error {
	logFile, err := s.openLog("engine.log")
	if err != nil {
		return err
	}
	dataDir := s.options.path("data", string(s.options.Engine))
	if s.options.InMemory {
		dataDir = ""
	}
	s.engine, err = engine.Start(ctx, engine.Options{
		Kind: s.options.Engine, Endpoint: s.options.Endpoint, ToolsDir: s.options.ToolsDir,
		DataDir: dataDir, Port: s.options.DynamoDBPort, Log: logFile,
	})
	if err != nil {
		return err
	}
	client := dynamodb.NewFromConfig(s.engine.Config())
	if err := engine.CreateTables(ctx, client, Tables(s.system)); err != nil {
		return fmt.Errorf("create tables: %w", err)
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

// Endpoints gives the addresses.
func (s *Stack) Endpoints() Endpoints { return s.endpoints }

// System gives what the template describes, as it runs.
func (s *Stack) System() *template.System { return s.system }

// Processes gives the processes that belong to the stack beside its own, by process id: "engine", or the function's name.
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

// Wait returns nil when ctx ends, or an error when the stack can't go on: its engine has ended.
func (s *Stack) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.engine.Done():
		return errors.New("the engine has ended by itself; see " + s.options.path("log", "engine.log"))
	}
}

// Close ends the stack: no new work, then the connections (their functions still run), the streams, the functions, the
// engine. It waits for all of them.
func (s *Stack) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	var errs []error
	if s.announced {
		errs = append(errs, os.Remove(s.options.path(endpointsFile)))
	}
	if s.gateway != nil {
		errs = append(errs, s.gateway.Close(ctx))
	}
	if s.stop != nil {
		s.stop()
		s.streams.Wait()
	}
	for _, server := range s.servers {
		errs = append(errs, server.Shutdown(ctx))
	}
	s.listeners.close()
	if s.lambda != nil {
		errs = append(errs, s.lambda.Close())
	}
	if s.http != nil {
		s.http.Wait()
	}
	if s.judgedStore != nil {
		errs = append(errs, s.judgedStore.close())
	}
	s.serving.Wait()
	if s.engine != nil {
		errs = append(errs, s.engine.Close())
	}
	return errors.Join(errs...)
}

const closeTimeout = 15 * time.Second

// serve answers on a listener until Close.
func (s *Stack) serve(listener net.Listener, handler http.Handler) {
	s.servers = append(s.servers, s.startServer(listener, handler))
}

func (s *Stack) startServer(listener net.Listener, handler http.Handler) *http.Server {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ConnContext: edge.ConnContext}
	s.serving.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("server ended", "address", listener.Addr().String(), "error", err)
		}
	})
	return server
}
