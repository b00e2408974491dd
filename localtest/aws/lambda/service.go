package lambda

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Function describes a function and the binary that it runs.
type Function struct {
	Name      string // function name, also the name of its log file
	LogicalID string // id in the template
	ARN       string // arn:aws:lambda:REGION:ACCOUNT:function:NAME
	Handler   string // _HANDLER, which programs of provided.al2023 ignore (default bootstrap)
	Binary    string // path of the executable; its folder becomes the working directory and LAMBDA_TASK_ROOT
	Timeout   time.Duration
	MemoryMB  int
	Env       map[string]string
	LogGroup  string // name, which the function is told (default /aws/lambda/NAME); lines go to files of LogDir

	// MaxConcurrency is the concurrency that the function reserves; 0 reserves none, and the service's default holds.
	MaxConcurrency int
}

// Options are the settings of a Service. A zero value means the default that is named.
type Options struct {
	Functions []Function

	// Region is AWS_REGION of all functions (default us-east-1).
	Region string
	// Environment is set for every function and may replace what this package sets, but not what the function sets.
	Environment map[string]string
	// LogDir is the folder of the log files, made if it is missing. Without one there are no files.
	LogDir string

	MaxConcurrency int             // processes of a function that reserves none (default 10)
	FreeWait       time.Duration   // wait for a free process before another is started (default 20 ms, negative: none)
	QueueWait      time.Duration   // wait for a free process when all are started (default 10 s)
	IdleTimeout    time.Duration   // a process unused for that long is stopped (default 5 min)
	InitLimit      time.Duration   // from the start of a process to its first next (default 10 s, as AWS)
	ShutdownGrace  time.Duration   // from SIGTERM to SIGKILL (default 2 s, as AWS)
	EventRetries   []time.Duration // waits before each retry of a failed Event invocation (default 1 and 2 min, as AWS)

	// OnLine gets each line that a function writes, without its end. The line is valid until OnLine returns. It is called
	// from one goroutine for each process, so from several for a function, and holds up the function's output.
	OnLine func(function string, line []byte)
	// OnInvocation gets each finished invocation, also throttled ones. It may be called from several goroutines at once
	// and must be quick.
	OnInvocation func(Invocation)
	// Logger gets what happens to processes (default: nothing is logged).
	Logger *slog.Logger
}

// Defaults of Options; those marked AWS are quotas of the service (AWS Lambda Developer Guide, "Lambda quotas" and
// "Lambda execution environment").
const (
	DefaultMaxConcurrency = 10
	DefaultFreeWait       = 20 * time.Millisecond
	DefaultQueueWait      = 10 * time.Second
	DefaultIdleTimeout    = 5 * time.Minute
	DefaultInitLimit      = 10 * time.Second // AWS
	DefaultShutdownGrace  = 2 * time.Second  // AWS
	DefaultTimeout        = 3 * time.Second  // AWS
	DefaultMemoryMB       = 128              // AWS
)

func (o Options) withDefaults() Options {
	o.Region = cmp.Or(o.Region, "us-east-1")
	o.MaxConcurrency = cmp.Or(o.MaxConcurrency, DefaultMaxConcurrency)
	o.FreeWait = cmp.Or(o.FreeWait, DefaultFreeWait)
	o.QueueWait = cmp.Or(o.QueueWait, DefaultQueueWait)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, DefaultIdleTimeout)
	o.InitLimit = cmp.Or(o.InitLimit, DefaultInitLimit)
	o.ShutdownGrace = cmp.Or(o.ShutdownGrace, DefaultShutdownGrace)
	if o.EventRetries == nil {
		o.EventRetries = []time.Duration{time.Minute, 2 * time.Minute}
	}
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	return o
}

// Service runs functions. It is safe for use by many goroutines.
type Service struct {
	opts      Options
	functions map[string]*function // by every way to name one
	pools     []*function
	work      sync.WaitGroup // every goroutine of the service

	events     context.Context // ends when the service closes
	stopEvents context.CancelFunc
	closing    sync.RWMutex // orders work.Add before work.Wait
	closed     bool
}

// New checks the functions and returns a service that runs them; no process is started yet. Errors name the function and
// what is wrong with it: a name missing or used twice, a missing binary. What Lambda refuses of a function's environment
// is refused where the template is read, with its line.
func New(opts Options) (*Service, error) {
	s := &Service{opts: opts.withDefaults(), functions: map[string]*function{}}
	if opts.LogDir != "" {
		if err := os.MkdirAll(opts.LogDir, 0o755); err != nil {
			return nil, fmt.Errorf("make log folder: %w", err)
		}
	}
	s.events, s.stopEvents = context.WithCancel(context.Background())
	var errs []error
	for _, spec := range opts.Functions {
		if err := s.add(spec); err != nil {
			errs = append(errs, fmt.Errorf("function %s: %w", spec.Name, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Service) add(spec Function) error {
	spec.Timeout = cmp.Or(spec.Timeout, DefaultTimeout)
	spec.MemoryMB = cmp.Or(spec.MemoryMB, DefaultMemoryMB)
	spec.Handler = cmp.Or(spec.Handler, "bootstrap")
	if spec.Name == "" {
		return errors.New("it has no name")
	}
	var err error
	if spec.Binary, err = filepath.Abs(spec.Binary); err != nil {
		return err
	}
	if _, err := os.Stat(spec.Binary); err != nil {
		return fmt.Errorf("find its binary: %w", err)
	}
	names := map[string]bool{spec.Name: true, spec.LogicalID: true, spec.ARN: true}
	delete(names, "")
	for name := range names {
		if s.functions[name] != nil {
			return fmt.Errorf("%q names another function too", name)
		}
	}
	log, err := openLog(s.opts.LogDir, spec.Name, s.opts.Logger)
	if err != nil {
		return err
	}
	f := newFunction(s, spec, log)
	s.pools = append(s.pools, f)
	for name := range names {
		s.functions[name] = f
		s.functions[name+":"+latest] = f
	}
	return nil
}

// goDo runs do in a goroutine that Close waits for. It returns false, and does nothing, once the service is closed.
func (s *Service) goDo(do func()) bool {
	s.closing.RLock()
	defer s.closing.RUnlock()
	if s.closed {
		return false
	}
	s.work.Go(do)
	return true
}

// Close ends the service. Invocations that wait fail with ErrClosed, running ones have ShutdownGrace to end. Processes get
// SIGTERM, and after another ShutdownGrace SIGKILL. It returns when all of them and all goroutines have ended; calling it
// again does nothing.
func (s *Service) Close() error {
	s.closing.Lock()
	again := s.closed
	s.closed = true
	s.closing.Unlock()
	if again {
		return nil
	}
	s.stopEvents()
	for _, f := range s.pools {
		f.close()
	}
	s.work.Wait()
	var errs []error
	for _, f := range s.pools {
		errs = append(errs, f.log.close())
	}
	return errors.Join(errs...)
}

// Process is what Processes tells of a process.
type Process struct {
	Function string // name of the function
	PID      int
}

// Processes lists the processes that run now, in no order.
func (s *Service) Processes() []Process {
	var all []Process
	for _, f := range s.pools {
		all = append(all, f.list()...)
	}
	return all
}
