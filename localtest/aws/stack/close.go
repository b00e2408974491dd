package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"serverlesschat/localtest/aws/edge"
)

// Wait returns nil when ctx ends, or an error when the stack can't go on: its engine has ended.
func (s *Stack) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.engine.Done():
		if ctx.Err() != nil {
			return nil //nolint:nilerr // to end is what was asked for
		}
		return fmt.Errorf("the engine (process %d) has ended by itself; why may stand at the end of %s. Start again: what was "+
			"acknowledged is stored", s.engine.PID(), s.options.path("log", "engine.log"))
	}
}

// closeTimeout is how long connections, batches and requests may take to end by themselves. Then what runs is cut off.
// With what functions (twice shutdownGrace) and engine may take after that, all of it ends within 5 s.
const closeTimeout = time.Second

// Close ends the stack: no new work, then the connections (their functions still run), the mappings, the functions, the
// queues, the engine. It waits for all of them, but for none of them long: what takes longer is cut off, and told.
func (s *Stack) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	var errs []error
	if s.announced {
		// Somebody may have removed it before us, and a start that could not write it ends here too.
		if err := os.Remove(s.options.path(endpointsFile)); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if s.unwatch != nil {
		s.unwatch()
		s.watching.Wait()
	}
	errs = append(errs, s.closeDoors(ctx))
	if s.lambda != nil {
		errs = append(errs, s.lambda.Close())
	}
	s.mappings.Wait() // their functions have ended
	errs = append(errs, s.closeQueues(ctx))
	for _, server := range s.servers {
		_ = server.Close()
	}
	if s.http != nil {
		s.http.Wait()
	}
	if s.judgedStore != nil {
		errs = append(errs, s.judgedStore.Close())
	}
	s.listeners.close() // those at which nothing was served yet
	s.serving.Wait()
	if s.engine != nil {
		errs = append(errs, s.engine.Close())
	}
	if s.engineLog != nil {
		errs = append(errs, s.engineLog.Close())
	}
	s.console.close()
	if s.held != nil {
		errs = append(errs, s.held.Close())
	}
	return errors.Join(errs...)
}

// closeDoors lets nothing new in and lets what runs end until ctx does.
func (s *Stack) closeDoors(ctx context.Context) error {
	var errs []error
	if s.gateway != nil {
		errs = append(errs, s.gateway.Close(ctx))
	}
	if s.stop != nil {
		s.stop()
		errs = append(errs, within(ctx, s.mappings.Wait))
	}
	for _, server := range s.servers {
		errs = append(errs, server.Shutdown(ctx))
	}
	return s.withoutDeadlines(errs)
}

// withoutDeadlines joins errors but those of what took too long: that is cut off, which is logged and no error.
func (s *Stack) withoutDeadlines(errs []error) error {
	isLate := func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
	if slices.ContainsFunc(errs, isLate) {
		s.log.Warn("some functions did not end by themselves and are cut off")
	}
	return errors.Join(slices.DeleteFunc(errs, isLate)...)
}

// within waits for something, until ctx ends.
func within(ctx context.Context, wait func()) error {
	done := make(chan struct{})
	go func() { wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

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
