//go:build !unix

package files

import "errors"

// FreeBytes is not known on these systems: its error is errors.ErrUnsupported.
func FreeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }
