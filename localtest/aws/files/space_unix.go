//go:build unix

package files

import "syscall"

// FreeBytes returns what an ordinary user may still write to the file system of a folder, in bytes.
func FreeBytes(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
