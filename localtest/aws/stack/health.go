package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"

	"serverlesschat/localtest/aws/files"
)

// healthPath tells how the stack itself is; what a template's own health check tells is up to its functions.
const healthPath = "/_local/health"

// health keeps what is wrong with the parts under a running stack, and tells when that changes.
type health struct {
	log *slog.Logger

	mu       sync.Mutex
	problems map[string]string // by part
}

// set says what is wrong with a part, and what to do; empty when nothing is.
func (h *health) set(part, problem string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, was := h.problems[part]
	switch {
	case problem != "" && !was:
		h.log.Error(problem)
	case problem == "" && was:
		// A warning: what was printed of the problem is to be followed by its end, also where only warnings are printed.
		h.log.Warn(part + ": all is well again")
	}
	if problem == "" {
		delete(h.problems, part)
	} else {
		h.problems[part] = problem
	}
}

// ServeHTTP answers 200 when all is well, and else 503 with what is not.
func (h *health) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h.mu.Lock()
	problems := maps.Clone(h.problems)
	h.mu.Unlock()
	status, word := http.StatusOK, "ok"
	if len(problems) > 0 {
		status, word = http.StatusServiceUnavailable, "unavailable"
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Status   string            `json:"status"`
		Problems map[string]string `json:"problems"`
	}{word, problems})
}

const (
	// lookEvery is how often the parts are looked at.
	lookEvery = time.Second
	// slowAnswer is how long the engine may take to answer before it is said to hang. It answers within milliseconds.
	slowAnswer = 3 * time.Second
	// littleSpace is what a disk has free, in bytes, when it is said to be full: an engine writes some megabytes at
	// once.
	littleSpace = 8 << 20
)

// watch looks at the engine and at the disks until ctx ends.
func (s *Stack) watch(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		s.lookAtEngine(ctx)
		s.lookAtDisks(s.options.DataDir, s.engine.Folder())
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Stack) lookAtEngine(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, slowAnswer)
	defer cancel()
	err := s.engine.Ask(limited)
	if ctx.Err() != nil {
		return
	}
	problem := ""
	if err != nil {
		problem = engineProblem(s.engine.PID(), s.engine.Endpoint(), err)
	}
	s.health.set("engine", problem)
}

// engineProblem says why an engine does not answer, and what to do. pid is 0 for one outside.
func engineProblem(pid int, endpoint string, err error) string {
	why := err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		why = fmt.Sprintf("nothing came within %s", slowAnswer)
	}
	if pid == 0 {
		return fmt.Sprintf("the engine at %s (AWS_ENDPOINT_URL_DYNAMODB) does not answer: %s; calls to it fail until it does. "+
			"It is not the stack's: see to it that it runs, and the stack goes on by itself", endpoint, why)
	}
	return fmt.Sprintf("the engine (process %d) does not answer: %s; calls to it wait and fail until it does. If it stays "+
		"so, stop the stack and start it again: what was acknowledged is stored", pid, why)
}

// lookAtDisks looks at the disks that folders are on, which may be one and the same. A folder may be empty.
func (s *Stack) lookAtDisks(folders ...string) {
	for _, folder := range folders {
		if free, err := files.FreeBytes(folder); err == nil && free < littleSpace {
			s.health.set("disk", fmt.Sprintf("the disk of %s is full (%d KB free): writes fail, and logs lose lines, until there is "+
				"space. Free some; the stack then goes on by itself", folder, free>>10))
			return
		}
	}
	s.health.set("disk", "")
}
