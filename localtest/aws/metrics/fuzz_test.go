package metrics

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

var (
	commentPattern = regexp.MustCompile(`^# (HELP [a-z_][a-z0-9_]* .+|TYPE [a-z_][a-z0-9_]* (counter|histogram|summary))$`)
	samplePattern  = regexp.MustCompile(`^([a-z_][a-z0-9_]*)(\{(.*)\})? (\S+)$`)
	labelPattern   = regexp.MustCompile(`^([a-z_][a-z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(,|$)`)
)

// FuzzLine checks that no line, however made, leads to text that Prometheus could not read.
func FuzzLine(f *testing.F) {
	f.Add(emf(`[["Route","FunctionName"],[]]`, "Milliseconds", `"M":[1,2.5],"Route":"a\"\\\n","FunctionName":"f"`))
	f.Add(emf(`[["le"]]`, "Count", `"M":1,"le":"x"`))
	f.Add(emf(`[["D"]]`, "Bytes/Second", `"M":-1e308,"D":"\u0000\ud800"`))
	f.Add(`{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"\n","Dimensions":[[]],"Metrics":[{"Name":"9"}]}]},"9":1}`)
	f.Add(`{"_aws":null}`)
	f.Fuzz(func(t *testing.T, line string) {
		r := New(Options{MaxSeries: 50})
		r.Line([]byte(line))
		r.Line([]byte(line)) // sums may overflow
		var b bytes.Buffer
		r.write(&b)
		checkExposition(t, b.String())
	})
}

func checkExposition(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Error("not UTF-8")
	}
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			if !commentPattern.MatchString(line) {
				t.Errorf("comment %q", line)
			}
			continue
		}
		parts := samplePattern.FindStringSubmatch(line)
		if parts == nil {
			t.Errorf("sample %q", line)
			continue
		}
		if _, err := strconv.ParseFloat(parts[4], 64); err != nil {
			t.Errorf("value of %q: %v", line, err)
		}
		if seen[parts[1]+parts[2]] {
			t.Errorf("twice: %q", line)
		}
		seen[parts[1]+parts[2]] = true
		names := map[string]bool{}
		for rest := parts[3]; rest != ""; {
			p := labelPattern.FindStringSubmatch(rest)
			if p == nil || names[p[1]] || strings.HasPrefix(p[1], "__") {
				t.Errorf("labels of %q", line)
				break
			}
			names[p[1]] = true
			rest = rest[len(p[0]):]
		}
	}
}

// BenchmarkLine shows what an ordinary line costs, and what a line of metrics does.
func BenchmarkLine(b *testing.B) {
	for name, line := range map[string]string{
		"ordinary": `{"time":"2026-11-23T12:00:00Z","level":"INFO","msg":"stored","record":{"functionName":"sendmessage","requestId":"6f1c"}}`,
		"emf": `{"_aws":{"Timestamp":1700000000000,"CloudWatchMetrics":[{"Namespace":"Chat","Dimensions":[["Function"]],"Metrics":[` +
			`{"Name":"Messages","Unit":"Count"},{"Name":"WriteUnits","Unit":"Count"},{"Name":"Latency","Unit":"Milliseconds"}]}]},` +
			`"Function":"sendmessage","Messages":1,"WriteUnits":3,"Latency":[4.5,3.25,7]}`,
	} {
		b.Run(name, func(b *testing.B) {
			r := New(Options{})
			b.ReportAllocs()
			for b.Loop() {
				r.Line([]byte(line))
			}
		})
	}
}
