// Package files writes the files of the local stack, so that a crash, a full disk or a long run does no harm: a file
// that is replaced is whole before it gets its name, and a log stays below a size.
//
// A library was looked for. google/renameio does not build on Windows, natefinch/atomic does not sync the folder
// (without that a new name may be gone after a power cut: fsync(2)), and natefinch/lumberjack leaves a goroutine behind
// each log.
package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Replace writes data to the file at path, whose folder is made when needed. A reader finds the old content or the new
// one and never a part of it; after a crash, too. When it fails, the old file is as it was, and nothing is left beside
// it.
func Replace(path string, data []byte, mode fs.FileMode) error {
	return place(path, data, mode, os.Rename)
}

// Create is Replace for a file that must not be there yet: else its error is fs.ErrExist, and the file stays as it is.
// Of several processes that do so at once, one succeeds.
func Create(path string, data []byte, mode fs.FileMode) error {
	return place(path, data, mode, os.Link) // unlike a rename, a link does not replace what is there
}

// Rename gives a file, or a folder with all that is in it, its final name, and returns when content and name are on the
// disk.
func Rename(from, to string) error {
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() && !entry.Type().IsRegular() {
			return err
		}
		return syncPath(path)
	})
	if err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncPath(filepath.Dir(to))
}

// place writes data to a new file beside path and lets publish give it the name.
func place(path string, data []byte, mode fs.FileMode, publish func(from, to string) error) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, filepath.Base(path)+".*.unfinished") // with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // no longer there after a rename
	_, err = file.Write(data)
	if err == nil {
		err = errors.Join(file.Chmod(mode), file.Sync())
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := publish(file.Name(), path); err != nil {
		return err
	}
	return syncPath(folder)
}

// syncPath writes a file, or the names in a folder, to the disk. Windows syncs neither folders nor files that are open
// for reading alone; there the file system's journal has to do.
func syncPath(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
