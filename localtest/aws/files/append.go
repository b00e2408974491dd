package files

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// AppendLine adds a line to the file at path, which is made when needed, its folder too. The line end is added. The
// line is on the disk when it returns nil; when it fails, the file has none of it. Calls for one file must not overlap.
func AppendLine(path string, line []byte) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err == nil {
		err = appendLine(file, size, line)
	}
	if err := errors.Join(err, file.Close()); err != nil || size > 0 {
		return err
	}
	return syncPath(folder) // for the new name
}

func appendLine(file *os.File, size int64, line []byte) error {
	text := append(append([]byte(nil), line...), '\n')
	if size > 0 {
		last := make([]byte, 1)
		if _, err := file.ReadAt(last, size-1); err != nil {
			return err
		}
		if last[0] != '\n' { // a process was killed while it wrote
			text = append([]byte{'\n'}, text...)
		}
	}
	_, err := file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		return errors.Join(err, file.Truncate(size)) // a full disk takes the beginning of it
	}
	return nil
}
