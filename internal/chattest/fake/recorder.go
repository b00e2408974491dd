package fake

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Recorder writes calls down, and lets a test do something before one. A nil Recorder does neither.
type Recorder struct {
	mu sync.Mutex

	// Calls are the calls that were made, as texts such as "place hi at 7", and At is when each was. They may be read
	// when nobody calls any more.
	Calls []string
	At    []time.Time
	// Before is called with the text of each call that is about to be made. If it returns an error, the call is not
	// made and returns that error. Calls that are made side by side call it side by side, so what it changes must be
	// safe for that. It may be nil.
	Before func(call string) error
}

// Call writes a call down. If it returns an error, the call must not be made and fails with that error.
func (r *Recorder) Call(format string, args ...any) error {
	if r == nil {
		return nil
	}
	call := fmt.Sprintf(format, args...)
	if r.Before != nil {
		if err := r.Before(call); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Calls = append(r.Calls, call)
	r.At = append(r.At, time.Now())
	return nil
}

// DieAfter lets so many more calls be made, whoever makes them. All later ones return err, as if the process had died.
func (r *Recorder) DieAfter(calls int, err error) {
	var begun atomic.Int64
	r.Before = func(string) error {
		if begun.Add(1) > int64(calls) {
			return err
		}
		return nil
	}
}
