package lambda

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"serverlesschat/localtest/aws/childproc"
)

// state is where a process stands in the life that the Runtime API gives it.
type state int

const (
	starting state = iota // has not asked for work yet
	failing               // has posted init/error
	idle                  // waits for work, or has lost the connection on which it waited
	running               // has an invocation
	answered              // has posted response or error and not yet asked for the next invocation
	ending                // is being stopped or has ended
)

// String returns the name that AWS's Runtime Interface Emulator has for the state.
func (s state) String() string {
	return [...]string{"Started", "InitError", "Ready", "Running", "ResponseSent", "Ending"}[s]
}

// process is one process of a function. All fields below timer's belong to the function's lock.
type process struct {
	function *function
	attempt  int // 1, or 2 for the second try of a failed start

	timer *time.Timer
	due   time.Time // when the timer is meant to fire; an earlier firing was overtaken by another phase

	state   state
	alive   bool        // there is a process that can be signalled
	starter *invocation // started for it; nil after the first next
	inv     *invocation // running
	last    *invocation // answered, its END not yet logged
	parked  *runtimeConn
	conns   map[*runtimeConn]struct{}
	cmd     *exec.Cmd
	begun   time.Time     // start of the process
	init    time.Duration // from there to the first next
	used    bool          // it has been handed an invocation
	late    bool          // it was killed since its start took too long
	failure []byte        // body of init/error
}

// run starts the process and returns when it, and all that reads from it, has ended.
func (p *process) run() {
	listener, output, err := p.start()
	if err != nil {
		p.ended(err, false)
		return
	}
	var readers sync.WaitGroup
	readers.Go(func() { p.accept(listener, &readers) })
	readers.Go(func() { p.function.log.copyLines(output, p.function.spec.Name, p.function.opts.OnLine) })
	err = childproc.Wait(p.cmd)
	p.drain(listener, output)
	readers.Wait()
	p.ended(err, true)
	p.function.log.flush()
}

// start starts the process with its listener and the pipe that carries its output.
func (p *process) start() (net.Listener, *os.File, error) {
	f := p.function
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	output, w, err := os.Pipe()
	if err != nil {
		listener.Close()
		return nil, nil, err
	}
	defer w.Close()
	cmd := exec.Command(f.spec.Binary)
	cmd.Dir = filepath.Dir(f.spec.Binary)
	cmd.Env = processEnvironment(f.env, listener.Addr().String(), time.Now())
	cmd.Stdout, cmd.Stderr = w, w

	f.mu.Lock()
	p.begun, p.conns = time.Now(), map[*runtimeConn]struct{}{}
	f.mu.Unlock()
	if err := childproc.Start(cmd); err != nil {
		listener.Close()
		output.Close()
		return nil, nil, err
	}
	p.started(cmd)
	return listener, output, nil
}

func (p *process) started(cmd *exec.Cmd) {
	f := p.function
	f.mu.Lock()
	defer f.mu.Unlock()
	p.cmd, p.alive = cmd, true
	switch {
	case p.state == ending: // the service was closed meanwhile
		p.kill()
	case p.attempt == 1:
		p.arm(f.opts.InitLimit)
	default:
		p.arm(f.spec.Timeout)
	}
}

// drain lets the readers read what the ended process has left, and ends them if something else holds their files open.
func (p *process) drain(listener net.Listener, output *os.File) {
	f := p.function
	f.mu.Lock()
	defer f.mu.Unlock()
	p.alive = false
	f.unpark(p)
	listener.Close()
	end := time.Now().Add(f.opts.ShutdownGrace)
	_ = output.SetReadDeadline(end)
	for c := range p.conns {
		_ = c.SetReadDeadline(end)
	}
}

// ended settles what the process leaves. Its invocation fails. A start that failed is tried once more for its
// invocation, which then fails. An invocation that waits may get a new process.
func (p *process) ended(err error, hasRun bool) {
	f := p.function
	f.mu.Lock()
	delete(f.processes, p)
	if p.timer != nil {
		p.timer.Stop()
	}
	inv, last, starter, closed := p.inv, p.last, p.starter, f.closed
	crashed := p.state != ending
	p.inv, p.last, p.starter, p.state = nil, nil, nil, ending
	if starter != nil && starter.waiting {
		if p.attempt == 1 && hasRun {
			f.startFor(starter, 2)
			starter = nil
		} else {
			f.unqueue(starter)
			starter.cold = true
		}
	} else {
		starter = nil
	}
	f.replace()
	f.mu.Unlock()

	if crashed {
		f.opts.Logger.Warn("process ended", "function", f.spec.Name, "error", exitText(err))
	}
	if last != nil {
		f.log.report(last, &f.spec)
	}
	if starter != nil {
		f.finish(starter, p.startFailure(starter.id, err, hasRun), unhandled)
	}
	switch {
	case inv == nil:
	case closed:
		inv.outcome <- outcome{err: ErrClosed}
	default:
		f.log.report(inv, &f.spec)
		f.finish(inv, exitFailure(inv.id, err), unhandled)
	}
}

// startFailure is the result of an invocation whose process did not come to its first next.
func (p *process) startFailure(id string, err error, hasRun bool) []byte {
	switch {
	case !hasRun:
		return failure("Runtime.InvalidEntrypoint", fmt.Sprintf("RequestId: %s Error: %v", id, err))
	case p.failure != nil:
		return p.failure
	case p.late:
		return timeoutFailure(id, p.function.spec.Timeout)
	}
	return exitFailure(id, err)
}

// arm lets the timer fire after d. The lock is held, as for all methods below.
func (p *process) arm(d time.Duration) {
	p.due = time.Now().Add(d)
	if p.timer == nil {
		p.timer = time.AfterFunc(d, p.expire)
	} else {
		p.timer.Reset(d)
	}
}

// assign hands inv to the process, which is parked, and returns the connection to deliver it on.
func (p *process) assign(inv *invocation) *runtimeConn {
	c := p.parked
	p.parked, p.state, p.inv = nil, running, inv
	inv.begun, inv.cold, inv.init = time.Now(), !p.used, 0
	if !p.used {
		inv.init = p.init
	}
	p.used = true
	p.arm(p.function.spec.Timeout)
	return c
}

// kill ends the process at once.
func (p *process) kill() {
	p.state = ending
	if p.alive {
		_ = childproc.Kill(p.cmd)
	}
}

// stop asks the process to end; when it has not after the grace, it is killed.
func (p *process) stop() {
	p.function.unpark(p)
	p.state = ending
	if p.alive {
		_ = childproc.Terminate(p.cmd)
		p.arm(p.function.opts.ShutdownGrace)
	}
}

// expire is called when the phase in which the process is has lasted too long. It takes the lock itself.
func (p *process) expire() {
	f := p.function
	f.mu.Lock()
	if time.Now().Before(p.due) {
		f.mu.Unlock()
		return
	}
	was, inv := p.state, p.inv
	switch {
	case was == idle, f.closed && was != ending:
		p.stop()
	default:
		p.late = p.late || was == starting
		p.kill()
	}
	p.inv = nil
	closed := f.closed
	f.mu.Unlock()

	switch {
	case inv != nil && closed:
		inv.outcome <- outcome{err: ErrClosed}
	case inv != nil:
		f.log.timedOut(inv, &f.spec)
		f.finish(inv, timeoutFailure(inv.id, f.spec.Timeout), unhandled)
	}
	if was != idle && was != ending && !closed {
		f.opts.Logger.Warn("process killed", "function", f.spec.Name, "error", "it took too long")
	}
}

// exitText says how a process ended, as AWS does.
func exitText(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "Runtime exited without providing a reason"
	case errors.As(err, &exit):
		return "Runtime exited with error: " + exit.String()
	}
	return err.Error()
}
