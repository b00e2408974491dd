package stack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"serverlesschat/localtest/aws/childproc"
	"serverlesschat/localtest/aws/template"
)

// Build builds the functions of the system at root for this machine, all at once, into dir. The binary of a function is
// called as the folder of its CodeUri.
//
// Errors have what the compiler printed.
func Build(ctx context.Context, root, dir string, functions []template.Function) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("build functions: %w", err)
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("build functions: %w", err)
	}
	// The flags are those of the Makefile's BUILD_FLAGS: so functions and stack share the compiler's work. The tag leaves
	// out the part of aws-lambda-go that only retired runtimes use. Without the commit in them, functions can be built where
	// git is missing, or refuses to read a folder that another user owns. The separator at the end of the folder's name makes it
	// one, also when there is one function alone.
	args := []string{
		"build", "-trimpath", "-buildvcs=false", "-tags=lambda.norpc", "-ldflags=-s -w",
		"-o", absolute + string(filepath.Separator),
	}
	for _, f := range functions {
		args = append(args, "./"+path.Clean(f.CodeURI))
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	// Static, as SAM's build for another architecture is; a binary that needs libc may meet another one.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var printed strings.Builder
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := childproc.Run(ctx, cmd); err != nil {
		return fmt.Errorf("build functions: %w\n%s", err, printed.String())
	}
	return nil
}

func binary(dir string, f template.Function) string {
	return filepath.Join(dir, path.Base(path.Clean(f.CodeURI)))
}
