package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"time"

	"serverlesschat/localtest/aws/childproc"
)

const (
	// startLimit is how long an engine may take until it answers; a cold Java on a busy machine is the slowest.
	startLimit = 60 * time.Second
	// stopLimit is how long an engine may take to end when asked, before it is killed. It leaves the local stack time
	// for all else within the 5 s that it has to end. A killed engine loses nothing that it has acknowledged.
	stopLimit = 1200 * time.Millisecond
	// retryEvery is the pause between two looks at something that will be ready soon.
	retryEvery = 10 * time.Millisecond
)

// process is an engine that we have started.
type process struct {
	cmd  *exec.Cmd
	tail *tail
	done chan struct{} // closed when the process has ended
}

// run starts the program and returns when it answers at endpoint.
func run(ctx context.Context, endpoint string, log io.Writer, name string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(name, args...), tail: &tail{}, done: make(chan struct{})}
	out := io.MultiWriter(log, p.tail)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := childproc.Start(p.cmd); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.done)
		_ = childproc.Wait(p.cmd) // why it ended is in its output
	}()
	if err := p.awaitReady(ctx, endpoint); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *process) awaitReady(ctx context.Context, endpoint string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := answers(ctx, endpoint)
		select {
		case <-p.done:
			return fmt.Errorf("it ended at once and printed: %s", p.tail)
		default:
		}
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
		case <-time.After(retryEvery):
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w; it printed: %s", err, p.tail)
		}
	}
}

// stop asks the process to end, kills it if it does not, and waits for its end.
func (p *process) stop() error {
	select {
	case <-p.done:
		return nil
	default:
	}
	if err := childproc.Terminate(p.cmd); err != nil {
		return fmt.Errorf("stop engine: %w", err)
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(stopLimit):
	}
	if err := childproc.Kill(p.cmd); err != nil {
		return fmt.Errorf("kill engine: %w", err)
	}
	<-p.done
	return nil
}

// answers reports whether an HTTP server is at the address; any reply will do.
func answers(ctx context.Context, endpoint string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint, nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	reply, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	return reply.Body.Close()
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	end []byte
}

const tailBytes = 2000

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, b...)
	if extra := len(t.end) - tailBytes; extra > 0 {
		t.end = bytes.Clone(t.end[extra:])
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.end))
}
