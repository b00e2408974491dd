package childproc

import (
	"context"
	"errors"
	"os/exec"
	"sync"
)

// running are the commands that have been started and not waited for to their end.
type running struct {
	starts sync.RWMutex // held for reading while a command starts

	mu       sync.Mutex
	commands map[*exec.Cmd]struct{}
	over     bool // after KillAll
}

// all is made at the first use. There is one for the process, since what it lists is the process's own.
var all = sync.OnceValue(func() *running { return &running{commands: map[*exec.Cmd]struct{}{}} })

var errOver = errors.New("this program is ending and starts no other any more")

// begin starts a command and lists it.
func (r *running) begin(cmd *exec.Cmd) error {
	r.starts.RLock()
	defer r.starts.RUnlock()
	r.mu.Lock()
	over := r.over
	r.mu.Unlock()
	if over {
		return errOver
	}
	if err := start(cmd); err != nil {
		return err
	}
	r.mu.Lock()
	r.commands[cmd] = struct{}{}
	r.mu.Unlock()
	return nil
}

func (r *running) forget(cmd *exec.Cmd) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.commands, cmd)
}

// KillAll kills the process groups of all commands that were started by Start and have not ended, and lets no other
// start from then on. It is for a program that is about to exit and can wait for nothing.
func KillAll() {
	r := all()
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
	r.starts.Lock() // what is being started is listed by now
	defer r.starts.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	for cmd := range r.commands {
		_ = kill(cmd)
	}
}

// Run starts cmd by Start and waits for its end. When ctx ends first, the command's process group is killed, so that
// what it has started goes too, and the error is that of ctx.
func Run(ctx context.Context, cmd *exec.Cmd) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := Start(cmd); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- Wait(cmd) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		_ = Kill(cmd)
		<-ended //nolint:errcheck // that of a process that was killed
		return context.Cause(ctx)
	}
}
