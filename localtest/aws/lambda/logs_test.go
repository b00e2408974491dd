package lambda

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// logged runs work with a service that logs, closes it and returns the log's lines.
func logged(t *testing.T, change func(*Options, *Function), work func(*Service, *events)) []string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "log")
	s, e := start(t, func(o *Options, f *Function) {
		o.LogDir = dir
		if change != nil {
			change(o, f)
		}
	})
	work(s, e)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "tester.log"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func TestTheLogOfAnInvocation(t *testing.T) {
	var id string
	lines := logged(t, nil, func(s *Service, e *events) {
		r, _ := invoke(t, s, event{Do: "print", Text: "one\n\ntwo\nno end"})
		id = r.RequestID
		awaitIdle(t, s, 1)
	})
	for _, want := range []string{
		"START RequestId: " + id + ` Version: \$LATEST`,
		"END RequestId: " + id,
		"REPORT RequestId: " + id + `\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 512 MB\tInit Duration: \d+\.\d\d ms`,
		"one", "", "two", "no end",
	} {
		re := regexp.MustCompile("^" + want + "$")
		if n := len(slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return !re.MatchString(l) })); n != 1 {
			t.Errorf("%d lines %q in %q", n, want, lines)
		}
	}
	if !strings.HasPrefix(lines[0], "START ") || len(lines) != 7 {
		t.Errorf("log %q", lines)
	}
}

func TestTheLogOfFailures(t *testing.T) {
	lines := logged(t, func(_ *Options, f *Function) { f.Timeout = 100 * time.Millisecond }, func(s *Service, _ *events) {
		invoke(t, s, event{Do: "block"})
		invoke(t, s, event{Do: "exit", Size: 1})
	})
	counts := map[string]int{}
	for _, line := range lines {
		if strings.HasSuffix(line, " Task timed out after 0.10 seconds") {
			line = "timed out"
		}
		first, _, _ := strings.Cut(line, " RequestId: ")
		counts[first]++
	}
	if counts["START"] != 2 || counts["END"] != 2 || counts["REPORT"] != 2 || counts["timed out"] != 1 {
		t.Errorf("log %q", lines)
	}
}

func TestLongLines(t *testing.T) {
	const size = maxLine + 10_000
	var sizes []int
	lines := logged(t, func(o *Options, _ *Function) {
		o.OnLine = func(_ string, line []byte) { sizes = append(sizes, len(line)) }
	}, func(s *Service, _ *events) {
		invoke(t, s, event{Do: "flood", Size: 100_000})
		invoke(t, s, event{Do: "flood", Size: size})
		invoke(t, s, event{Do: "print", Text: "short\n"})
	})
	var lengths []int
	for _, line := range lines {
		if strings.HasPrefix(line, "y") {
			lengths = append(lengths, len(line))
		}
	}
	if len(lengths) != 3 || lengths[0] != 100_000 || lengths[1] < maxLine || lengths[1]+lengths[2] != size {
		t.Errorf("lines of %d bytes in the log", lengths)
	}
	if want := append(slices.Clone(lengths), len("short")); !slices.Equal(sizes, want) {
		t.Errorf("OnLine got lines of %d bytes, want %d", sizes, want)
	}
}

func TestLinesOfSeveralProcessesAreNotMixed(t *testing.T) {
	const n = 200
	line := strings.Repeat("abcdefgh", 1000) // longer than the reader's buffer and a pipe's atomic write
	lines := logged(t, func(o *Options, _ *Function) { o.FreeWait = -1 }, func(s *Service, _ *events) {
		var group sync.WaitGroup
		for i := range n {
			group.Go(func() { invoke(t, s, event{Do: "print", Text: fmt.Sprintf("%03d %s\n", i, line)}) })
		}
		group.Wait()
		if len(s.Processes()) < 2 {
			t.Error("there was one process only")
		}
	})
	seen := map[string]int{}
	for _, l := range lines {
		if number, rest, _ := strings.Cut(l, " "); rest == line {
			seen[number]++
		}
	}
	if len(seen) != n {
		t.Errorf("%d of %d lines are whole", len(seen), n)
	}
}

func TestTheLogIsAppendedToSoon(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "tester.log")
	if err := os.WriteFile(path, []byte("before\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, _ := start(t, func(o *Options, _ *Function) { o.LogDir = dir })
	for _, word := range []string{"one", "two"} { // without Close or the end of a process
		invoke(t, s, event{Do: "print", Text: word + "\n"})
		eventually(t, "the log", func() bool {
			text, err := os.ReadFile(path)
			return err == nil && strings.HasPrefix(string(text), "before\n") && strings.Contains(string(text), "\n"+word+"\n")
		})
	}
}

func TestALogThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{LogDir: filepath.Join(file, "log")}); err == nil {
		t.Error("New made a folder in a file")
	}
}
