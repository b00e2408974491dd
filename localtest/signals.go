package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"serverlesschat/localtest/aws/childproc"
)

// hardLimit is when what has not ended after the first signal is killed. What ends in order takes less.
const hardLimit = 4800 * time.Millisecond

var errInterrupted = errors.New("interrupted")

// interruptible returns a context that ends at the first Ctrl-C, SIGTERM or closed terminal, or when interrupt is
// called. A second signal kills all that was started and ends the program at once, and so does the hard limit.
func interruptible() (ctx context.Context, interrupt func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	interrupt = func() { cancel(errInterrupted) }
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup wants it to be
		signal.Notify(signals, syscall.SIGHUP)
	}
	// Without this a write to a pipe that nobody reads any more ends the program on the spot. It is an error of the
	// write instead.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() {
		select {
		case <-signals:
			interrupt()
		case <-ctx.Done():
		}
		select {
		case <-signals:
			exitNow("")
		case <-time.After(hardLimit):
			exitNow(fmt.Sprintf("not all has ended within %s; the rest was killed", hardLimit))
		}
	}()
	return ctx, interrupt
}

// exitKilled is the exit code of a program that did not end in order, as shells have it for Ctrl-C.
const exitKilled = 128 + int(syscall.SIGINT)

func exitNow(message string) {
	childproc.KillAll()
	if message != "" {
		printLast(message)
	}
	os.Exit(exitKilled)
}

// printLast prints to the standard error, and does not wait for a terminal that is paused.
func printLast(message string) {
	printed := make(chan struct{})
	go func() {
		fmt.Fprintln(os.Stderr, "localtest:", message)
		close(printed)
	}()
	select {
	case <-printed:
	case <-time.After(lastWait):
	}
}

// lastWait is how long the end waits for a terminal that is paused.
const lastWait = 300 * time.Millisecond
