package main

import (
	"errors"
	"os"
	"os/exec"

	"serverlesschat/localtest/aws/childproc"
)

// burnCommand makes this program one that only uses a processor.
const burnCommand = "burn"

func burn() {
	//nolint:staticcheck // SA5002: to use a processor is its purpose
	for {
	}
}

// overload keeps processors busy, with processes of their own, until the returned function is called.
func overload(processes int) (stop func(), err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var started []*exec.Cmd
	stop = func() {
		for _, cmd := range started {
			_ = childproc.Kill(cmd)
			_ = childproc.Wait(cmd)
		}
	}
	for range processes {
		cmd := exec.Command(program, burnCommand)
		if err := childproc.Start(cmd); err != nil {
			stop()
			return nil, errors.Join(errors.New("start overload"), err)
		}
		started = append(started, cmd)
	}
	return stop, nil
}
