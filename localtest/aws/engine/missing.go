package engine

import (
	"context"
	"path/filepath"
	"runtime"
)

// Missing says what an engine of the kind needs that this machine does not have, with the way to get it. It is empty
// when nothing is missing. Tests of the engine are then left out, and say why.
func Missing(ctx context.Context, kind Kind, toolsDir string) string {
	var err error
	switch kind {
	case Dynoxide:
		var dynoxide installation
		if dynoxide, err = dynoxideFor(runtime.GOOS, runtime.GOARCH); err == nil {
			err = dynoxide.available(toolsDir)
		}
	case Local:
		if err = checkJava(ctx); err == nil {
			err = localJars().available(toolsDir)
		}
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// available is nil when the installation is there or can be made.
func (i installation) available(toolsDir string) error {
	if i.isIn(filepath.Join(toolsDir, i.name)) {
		return nil
	}
	return i.checkCommand()
}
