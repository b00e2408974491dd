//go:build unix

package childproc_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"serverlesschat/localtest/aws/childproc"
)

func TestRunKillsTheGroupWhenItsContextEnds(t *testing.T) {
	held, holder := pipe(t)
	cmd := program("parent") // it starts a child of its own, in its group, and both block
	cmd.Env = append(cmd.Env, mechanismVariable+"=here")
	cmd.ExtraFiles = []*os.File{holder}
	ctx, cancel := context.WithCancel(t.Context())
	out, w := pipe(t)
	cmd.Stdout = w
	ended := make(chan error, 1)
	go func() { ended <- childproc.Run(ctx, cmd) }()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("the command did not tell its child: %v", err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v", err)
	}
	holder.Close()
	if _, err := held.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("something still holds the pipe: %v", err)
	}
}

// KillAll is for the end of a program, so a program of its own shows it.
func TestKillAllKillsWhatRunsAndStartsNothingMore(t *testing.T) {
	held, holder := pipe(t)
	cmd := program("kill-all")
	cmd.ExtraFiles = []*os.File{holder}
	out, err := cmd.Output()
	holder.Close()
	if err != nil || !strings.Contains(string(out), "starts no other") {
		t.Errorf("the program printed %q, %v", out, err)
	}
	if _, err := held.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("something still holds the pipe: %v", err)
	}
}

// playKiller starts blocked children, ends them all, waits for them, and tells what a later start returns.
func playKiller() {
	var children []*exec.Cmd
	for range 3 {
		child := program("block")
		child.ExtraFiles = []*os.File{os.NewFile(3, "pipe")}
		if err := childproc.Start(child); err != nil {
			os.Exit(1)
		}
		children = append(children, child)
	}
	childproc.KillAll()
	for _, child := range children {
		_ = childproc.Wait(child)
	}
	_, _ = os.Stdout.WriteString(childproc.Start(program("echo")).Error())
	os.Exit(0)
}
