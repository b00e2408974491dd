package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"serverlesschat/localtest/aws/childproc"
	"serverlesschat/localtest/aws/files"
)

// installation is something to be fetched once into a folder of its own.
type installation struct {
	name    string            // of the folder; has the version
	proof   string            // path in it of a file that is there when it is complete
	inputs  map[string]string // files to write before, by name
	command []string          // run in the folder
	advice  string            // when the command is not on the machine
}

// in makes sure that the installation is in toolsDir and returns its folder. It takes no network when it is there. Several
// processes may do it at once: one installs, into a folder that gets its name when it is complete, the others wait.
func (i installation) in(ctx context.Context, toolsDir string, log io.Writer, progress func(string)) (string, error) {
	if toolsDir == "" {
		return "", errors.New("no folder for tools is given")
	}
	toolsDir, err := filepath.Abs(toolsDir)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(toolsDir, i.name)
	if i.isIn(dir) {
		return dir, nil
	}
	if err := i.checkCommand(); err != nil {
		return "", err
	}
	if err := os.MkdirAll(toolsDir, 0o755); err != nil {
		return "", err
	}
	lock := flock.New(filepath.Join(toolsDir, lockName))
	if _, err := lock.TryLockContext(ctx, retryEvery); err != nil {
		return "", fmt.Errorf("wait for another process that installs into %s: %w", toolsDir, err)
	}
	defer func() { _ = lock.Close() }()
	if i.isIn(dir) {
		return dir, nil
	}
	progress(fmt.Sprintf("fetching %s (%s)", i.name, i.command[0]))
	return dir, i.fetch(ctx, dir, log)
}

func (i installation) isIn(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, i.proof))
	return err == nil
}

func (i installation) checkCommand() error {
	if _, err := exec.LookPath(i.command[0]); err != nil {
		return errors.New(i.advice)
	}
	return nil
}

func (i installation) fetch(ctx context.Context, dir string, log io.Writer) error {
	unfinished := dir + ".unfinished"
	for _, d := range []string{unfinished, dir} {
		if err := os.RemoveAll(d); err != nil {
			return err
		}
	}
	if err := os.Mkdir(unfinished, 0o755); err != nil {
		return err
	}
	for name, content := range i.inputs {
		if err := os.WriteFile(filepath.Join(unfinished, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	var output tail
	cmd := exec.Command(i.command[0], i.command[1:]...)
	cmd.Dir = unfinished
	cmd.Stdout = io.MultiWriter(log, &output)
	cmd.Stderr = cmd.Stdout
	if err := childproc.Run(ctx, cmd); err != nil {
		return fmt.Errorf("install %s: %s: %w: %s", i.name, strings.Join(i.command, " "), err, output.String())
	}
	if !i.isIn(unfinished) {
		return fmt.Errorf("install %s: %s left no %s: %s", i.name, strings.Join(i.command, " "), i.proof, output.String())
	}
	return files.Rename(unfinished, dir)
}
