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

	"serverlesschat/localtest/aws/files"
)

// DynoxideVersion is the version that is installed, and that the seed was made with.
const DynoxideVersion = "1.2.1"

//go:embed package.json
var packageJSON string

//go:embed package-lock.json
var packageLock string

//go:embed seed.db
var seed []byte

// dynoxideFor returns the installation of the embedded engine for a system and a processor, named as Go names them.
//
// The package of each platform is an optional dependency in package.json: npm installs the one that fits the machine.
// Those for macOS and for Linux on arm64 could not be fetched when the lock file was written, so their entries have no
// hash, and npm takes what it gets. "npm view @dynoxide/darwin-arm64@1.2.1 dist.integrity" prints the value of
// "integrity".
func dynoxideFor(goos, goarch string) (installation, error) {
	npm := map[string]string{ // npm's names
		"linux/amd64": "linux-x64", "linux/arm64": "linux-arm64",
		"darwin/amd64": "darwin-x64", "darwin/arm64": "darwin-arm64",
	}[goos+"/"+goarch]
	if npm == "" {
		return installation{}, fmt.Errorf("the embedded engine is not for %s/%s: set DYNAMODB=local (Amazon's engine; "+
			"needs Java 17 and Maven), or AWS_ENDPOINT_URL_DYNAMODB to the address of a DynamoDB that runs already",
			goos, goarch)
	}
	return installation{
		name:   "dynoxide-" + DynoxideVersion,
		proof:  filepath.Join("node_modules", "@dynoxide", npm, "dynoxide"),
		inputs: map[string]string{"package.json": packageJSON, "package-lock.json": packageLock},
		// A failed fetch of an optional dependency is no error to npm, and is printed at this level only.
		command: []string{"npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=http"},
		advice:  "npm is missing: install Node.js 20 or later (Debian: apt-get install nodejs npm)",
	}, nil
}

func (e *Engine) startDynoxide(ctx context.Context, o Options) error {
	dynoxide, err := dynoxideFor(runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return err
	}
	tools, err := dynoxide.in(ctx, o.ToolsDir, o.Log, o.Progress)
	if err != nil {
		return err
	}
	dir, err := e.useFolder(o.DataDir)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "dynoxide.db")
	if err := putSeed(file); err != nil {
		return err
	}
	port, claim, err := claimPort(ctx, o.Port)
	if err != nil {
		return err
	}
	defer claim.Close()
	e.endpoint = "http://" + net.JoinHostPort(loopback, strconv.Itoa(port))
	e.process, err = run(ctx, e.endpoint, o.Log, filepath.Join(tools, dynoxide.proof),
		"serve", "--host", loopback, "--port", strconv.Itoa(port), "--db-path", file)
	return err
}

// putSeed puts the seed where there is no data yet. A start that was interrupted leaves none.
func putSeed(file string) error {
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return files.Replace(file, seed, 0o644)
}
