package engine

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// DynoxideVersion is the version that is installed, and that the seed was made with.
const DynoxideVersion = "1.2.1"

//go:embed package.json
var packageJSON string

//go:embed package-lock.json
var packageLock string

//go:embed seed.db
var seed []byte

// program is the path of the engine in its installation.
const program = "node_modules/@dynoxide/linux-x64/dynoxide"

func dynoxidePackage() installation {
	return installation{
		name:    "dynoxide-" + DynoxideVersion,
		proof:   program,
		inputs:  map[string]string{"package.json": packageJSON, "package-lock.json": packageLock},
		command: []string{"npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"},
		advice:  "npm is missing: install Node.js 20 or later (Debian: apt-get install nodejs npm)",
	}
}

// platformError is nil where the embedded engine runs.
func platformError(goos, goarch string) error {
	if goos == "linux" && goarch == "amd64" {
		return nil
	}
	return fmt.Errorf("the embedded engine is for linux/amd64, not %s/%s: set DYNAMODB=local (Amazon's engine; needs Java 17 and "+
		"Maven), or AWS_ENDPOINT_URL_DYNAMODB to the address of a DynamoDB that runs already", goos, goarch)
}

func (e *Engine) startDynoxide(ctx context.Context, o Options) error {
	if err := platformError(runtime.GOOS, runtime.GOARCH); err != nil {
		return err
	}
	tools, err := dynoxidePackage().in(ctx, o.ToolsDir, o.Log)
	if err != nil {
		return err
	}
	dir, err := e.useFolder(o.DataDir)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "dynoxide.db")
	if err := sow(file); err != nil {
		return err
	}
	port, err := choosePort(ctx, o.Port)
	if err != nil {
		return err
	}
	host := "127.0.0.1"
	e.endpoint = "http://" + net.JoinHostPort(host, strconv.Itoa(port))
	e.process, err = run(ctx, e.endpoint, o.Log, filepath.Join(tools, program),
		"serve", "--host", host, "--port", strconv.Itoa(port), "--db-path", file)
	return err
}

// sow puts the seed where there is no data yet. Its name comes last, so that a start that was interrupted leaves none.
func sow(file string) error {
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	unfinished := file + ".unfinished"
	if err := os.WriteFile(unfinished, seed, 0o644); err != nil {
		return err
	}
	return os.Rename(unfinished, file)
}
