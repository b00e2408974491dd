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
// called. A second Ctrl-C or SIGTERM kills all that was started and ends the program at once, and so does the hard
// limit.
func interruptible() (ctx context.Context, interrupt func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	interrupt = func() { cancel(errInterrupted) }
	signals := make(chan os.Signal, 8)
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
		if secondSignal(signals) {
			exitNow("")
		}
		exitNow(fmt.Sprintf("not all has ended within %s; the rest was killed", hardLimit))
	}()
	return ctx, interrupt
}

// sameSignal is how soon after the first signal another one is the same event: the kernel signals the whole process
// group, and make or the shell passes on what it got itself.
const sameSignal = 100 * time.Millisecond

// secondSignal waits after the first signal, and reports whether a second one asks for the end at once before the hard
// limit is over. SIGHUP never does: when a terminal is closed, the kernel and the shell each send one.
func secondSignal(signals <-chan os.Signal) bool {
	first, limit := time.Now(), time.After(hardLimit)
	for {
		select {
		case s := <-signals:
			if s != syscall.SIGHUP && time.Since(first) >= sameSignal {
				return true
			}
		case <-limit:
			return false
		}
	}
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
