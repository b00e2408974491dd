package stack

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// identityFile keeps the id of a data folder, and the folder that it was made for.
const identityFile = "identity.json"

type identity struct {
	ID     string `json:"id"`
	Folder string `json:"folder"`
}

// FolderName returns a stack's name with the id of its data folder, which is made at the first use. It is what names of
// functions and tables begin with on an engine outside, which several checkouts may share; on the stack's own engine the
// name alone will do, since its data are in that folder too.
//
// The id goes along when the folder is moved, so that the tables are found again. A copy, whose original is still there,
// gets an id of its own.
func FolderName(name, dataDir string) (string, error) {
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, identityFile)
	data, err := os.ReadFile(file)
	var known identity
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return "", err
	case json.Unmarshal(data, &known) != nil || known.ID == "":
		return "", fmt.Errorf("%s is damaged; remove it, and tables with a new name are made", file)
	}
	if known.ID == "" || isCopy(known, dir) {
		known.ID = newID()
	}
	if known.Folder != dir {
		known.Folder = dir
		if err := writeJSON(file, known); err != nil {
			return "", fmt.Errorf("keep the id of the data folder: %w", err)
		}
	}
	return name + "-" + known.ID, nil
}

// isCopy reports whether the folder that an id was made for still has it, and is not this one.
func isCopy(known identity, dir string) bool {
	if known.Folder == dir {
		return false
	}
	var original identity
	return readJSON(filepath.Join(known.Folder, identityFile), &original) && original.ID == known.ID && !sameFolder(known.Folder, dir)
}

func sameFolder(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}

func newID() string {
	id := make([]byte, 4)
	_, _ = rand.Read(id) // never fails (package crypto/rand)
	return hex.EncodeToString(id)
}
