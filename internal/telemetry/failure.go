package telemetry

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// Outcomes that are no codes of the chat.
const (
	codeOK     = "ok"
	codeFailed = "failed" // the invocation itself
)

// maxCauses is how many of several errors are written out. The others are counted: when a gateway is down, one delivery
// fails for each of thousands of connections, in the same words.
const maxCauses = 3

// failure gathers what failed with one code.
type failure struct {
	code   string
	count  int
	causes []error // the first maxCauses
}

// Fail says with which code a reply, or one of the invocation's rooms, failed, and why: the cause is for the log alone.
func (r *Record) Fail(code string, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := slices.IndexFunc(r.fails, func(f failure) bool { return f.code == code })
	if at < 0 {
		at = len(r.fails)
		r.fails = append(r.fails, failure{code: code})
	}
	f := &r.fails[at]
	f.count++
	if cause != nil && len(f.causes) < maxCauses {
		f.causes = append(f.causes, cause)
	}
}

// isDefect reports whether the failure is ours and not a client's.
func (f failure) isDefect() bool { return f.code == codeFailed || f.code == "internal" }

// level is ERROR for what somebody on our side is to look at: a defect, or a store or gateway that does not do its
// work, as on a full disk.
func (f failure) level() slog.Level {
	if f.isDefect() || f.code == "unavailable" {
		return slog.LevelError
	}
	return slog.LevelInfo
}

func (f failure) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("outcome", f.code)}
	if len(f.causes) > 0 {
		attrs = append(attrs, slog.String("error", list(f.causes, f.count)))
	}
	if f.count > 0 {
		attrs = append(attrs, slog.Int(string(Errors), f.count))
	}
	return attrs
}

func (f failure) directives(source Source) []emfDirective {
	if f.count == 0 {
		return nil
	}
	return []emfDirective{{source.Namespace, [][]string{{"outcome"}}, []emfMetric{{Errors, "Count"}}}}
}

// worstFirst orders failures: defects, then the others as they came.
func worstFirst(fails []failure) []failure {
	rank := func(f failure) int {
		if f.isDefect() {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(fails), func(a, b failure) int { return cmp.Compare(rank(a), rank(b)) })
}

// list writes errors out, one a line, and how many more there are of count in all.
func list(causes []error, count int) string {
	var lines []string
	for _, cause := range causes[:min(len(causes), maxCauses)] {
		lines = append(lines, text(cause))
	}
	if more := count - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// text returns the text of err, in which what [errors.Join] joined is cut as list does.
func text(err error) string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		if causes := joined.Unwrap(); len(causes) > 0 && err.Error() == errors.Join(causes...).Error() {
			return list(causes, len(causes))
		}
		return err.Error() // fmt.Errorf with several %w: one error of several kinds
	}
	inner := errors.Unwrap(err)
	if inner == nil {
		return err.Error()
	}
	return strings.Replace(err.Error(), inner.Error(), text(inner), 1)
}
