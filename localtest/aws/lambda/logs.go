package lambda

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"serverlesschat/localtest/aws/files"
)

// maxLine is where a line is cut in two, in bytes. It is CloudWatch's limit for an event (CloudWatch Logs quotas, 1 MB).
const maxLine = 1 << 20

// logFile is the log of a function. Lines of its processes come one after the other, never mixed. They are gathered and
// written at most flushDelay late, since a write for each line would cost as much as the rest of an invocation.
type logFile struct {
	mu    sync.Mutex
	file  *files.Log // nil: there is no log
	lines []byte     // not yet written
	timer *time.Timer
}

const (
	flushDelay = 100 * time.Millisecond
	flushSize  = 32 << 10
)

// openLog opens dir/name.log to append to it. Without dir there is no log, and what is written goes nowhere. That the
// file can't be written, on a full disk, say, is told to logger and harms no function.
func openLog(dir, name string, logger *slog.Logger) (*logFile, error) {
	l := &logFile{}
	if dir == "" {
		return l, nil
	}
	file, err := files.OpenLog(filepath.Join(dir, name+".log"), files.LogLimit, func(err error) {
		if err != nil {
			logger.Error("a function's log can't be written; its lines are lost until it can be", "function", name, "error", err)
		} else {
			logger.Info("a function's log is written again", "function", name)
		}
	})
	if err != nil {
		return nil, err
	}
	l.file = file
	l.timer = time.AfterFunc(time.Hour, l.flush)
	l.timer.Stop()
	return l, nil
}

// write adds what appendTo appends, which ends with a line end.
func (l *logFile) write(appendTo func([]byte) []byte) {
	if l.file == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) == 0 {
		l.timer.Reset(flushDelay)
	}
	l.lines = appendTo(l.lines)
	if len(l.lines) >= flushSize {
		l.flushLocked()
	}
}

func (l *logFile) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flushLocked()
}

func (l *logFile) flushLocked() {
	if len(l.lines) == 0 {
		return
	}
	_, _ = l.file.Write(l.lines)
	l.lines = l.lines[:0]
	if cap(l.lines) > 4*flushSize {
		l.lines = nil
	}
}

// close writes what is left. Nothing may be written any more.
func (l *logFile) close() error {
	if l.file == nil {
		return nil
	}
	l.timer.Stop()
	l.flush()
	return l.file.Close()
}

// start, report and timedOut write what CloudWatch shows for an invocation.
func (l *logFile) start(inv *invocation) {
	l.write(func(b []byte) []byte {
		b = append(b, "START RequestId: "...)
		b = append(b, inv.id...)
		return append(b, " Version: "+latest+"\n"...)
	})
}

// report is given nil when there is nothing to report. The memory used is left out: it is not measured.
func (l *logFile) report(inv *invocation, spec *Function) {
	if inv == nil || l.file == nil {
		return
	}
	duration := time.Since(inv.begun)
	l.write(func(b []byte) []byte {
		b = append(b, "END RequestId: "...)
		b = append(b, inv.id...)
		b = append(b, "\nREPORT RequestId: "...)
		b = append(b, inv.id...)
		b = append(b, "\tDuration: "...)
		b = appendMilliseconds(b, duration)
		b = append(b, " ms\tBilled Duration: "...)
		b = strconv.AppendInt(b, int64((duration+inv.init+time.Millisecond-1)/time.Millisecond), 10)
		b = append(b, " ms\tMemory Size: "...)
		b = strconv.AppendInt(b, int64(spec.MemoryMB), 10)
		b = append(b, " MB"...)
		if inv.cold {
			b = append(b, "\tInit Duration: "...)
			b = appendMilliseconds(b, inv.init)
			b = append(b, " ms"...)
		}
		return append(b, '\n')
	})
}

func (l *logFile) timedOut(inv *invocation, spec *Function) {
	now := time.Now()
	l.write(func(b []byte) []byte {
		b = now.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z ")
		b = append(b, inv.id...)
		b = append(b, ' ')
		b = append(b, timeoutText(spec.Timeout)...)
		return append(b, '\n')
	})
	l.report(inv, spec)
}

func appendMilliseconds(b []byte, d time.Duration) []byte {
	return strconv.AppendFloat(b, float64(d)/float64(time.Millisecond), 'f', 2, 64)
}

// copyLines reads lines from output until it ends and hands each to the log and to onLine (if there is one). It closes output.
func (l *logFile) copyLines(output io.ReadCloser, function string, onLine func(string, []byte)) {
	defer output.Close()
	reader := bufio.NewReader(output)
	var long []byte // the beginning of a line that is longer than the reader's buffer
	for {
		part, err := reader.ReadSlice('\n')
		line := part
		if len(long) > 0 || errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, part...)
			line = long
		}
		if errors.Is(err, bufio.ErrBufferFull) && len(line) < maxLine {
			continue
		}
		if line = bytes.TrimSuffix(line, []byte("\n")); len(line) > 0 || err == nil {
			l.line(line)
			if onLine != nil {
				onLine(function, line)
			}
		}
		if long = long[:0]; cap(long) > 64<<10 {
			long = nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

func (l *logFile) line(line []byte) {
	l.write(func(b []byte) []byte { return append(append(b, line...), '\n') })
}
