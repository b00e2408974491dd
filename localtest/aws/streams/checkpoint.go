package streams

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"serverlesschat/localtest/aws/files"
)

// Checkpoint says how far a stream has been processed.
type Checkpoint struct {
	// Stream is the stream's name in the engine. A table that is created again has another, and starts anew.
	Stream string              `json:"stream"`
	Shards map[string]Position `json:"shards"`
}

// Position says how far a shard has been processed, in the engine's own sequence numbers. The zero Position is that of a shard
// of which nothing has been processed and which starts at its oldest record.
type Position struct {
	// After is the last record up to which all are done with.
	After string `json:"after,omitempty"`
	// At is the first record that was read, of a shard that started at LATEST and of which nothing is done with yet.
	At string `json:"at,omitempty"`
	// Finished says that the shard has ended and all of it is done with.
	Finished bool `json:"finished,omitempty"`
}

// CheckpointStore keeps one checkpoint. Its methods are not called side by side.
type CheckpointStore interface {
	// Load returns the zero Checkpoint when nothing has been saved.
	Load() (Checkpoint, error)
	Save(Checkpoint) error
}

// CheckpointFile is a CheckpointStore in a JSON file of that name, whose folder is made when needed.
type CheckpointFile string

// Load implements CheckpointStore. A file that can't be understood is an error.
func (f CheckpointFile) Load() (Checkpoint, error) {
	b, err := os.ReadFile(string(f))
	if errors.Is(err, os.ErrNotExist) {
		return Checkpoint{}, nil
	}
	if err != nil {
		return Checkpoint{}, err
	}
	var c Checkpoint
	if err := json.Unmarshal(b, &c); err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint %s: %w", f, err)
	}
	return c, nil
}

// Save implements CheckpointStore. The old file is there until the new one is on the disk.
func (f CheckpointFile) Save(c Checkpoint) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return files.Replace(string(f), b, 0o644)
}
