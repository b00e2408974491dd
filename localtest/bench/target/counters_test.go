package target

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const exposition = `# HELP chat_bench_posts_total Posts
# TYPE chat_bench_posts_total counter
chat_bench_posts_total{function="fanout"} 100
chat_bench_posts_total{function="sendmessage"} 20
chat_bench_read_units_total{function="fanout"} 2.5
chat_bench_errors_total{outcome="internal"} 7
chat_bench_push_latency_bucket{function="fanout",le="+Inf"} 9
chat_bench_push_latency_sum{function="fanout"} 12.5
other_posts_total{function="fanout"} 1000
emf_lines_total 3
`

func TestCounters(t *testing.T) {
	got, err := parseCounters(strings.NewReader(exposition))
	want := Counters{
		{"", Posts}: 120, {"fanout", Posts}: 100, {"sendmessage", Posts}: 20,
		{"", ReadUnits}: 2.5, {"fanout", ReadUnits}: 2.5,
	}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if got, err := parseCounters(strings.NewReader("chat_bench_posts_total many")); err == nil {
		t.Errorf("got %v, want an error", got)
	}
	since := want.Since(Counters{{"", Posts}: 50, {"fanout", Posts}: 50})
	if since.Sum(Posts) != 70 || since[Counter{"fanout", Posts}] != 50 || since.Sum(WriteUnits) != 0 {
		t.Errorf("since then there is %v", since)
	}
}

// TestCountersAreMissing: another emulator, or AWS, answers at that address as it likes.
func TestCountersAreMissing(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
		missing    bool
	}{
		{"served", exposition, http.StatusOK, false},
		{"not found", `{"message":"Not Found"}`, http.StatusNotFound, true},
		{"something else", "<html>\n", http.StatusOK, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer server.Close()
			defer http.DefaultClient.CloseIdleConnections()
			counters, err := (&Target{HTTP: server.URL}).Counters(t.Context())
			if errors.Is(err, ErrNoCounters) != c.missing || !c.missing && (err != nil || counters.Sum(Posts) != 120) {
				t.Errorf("got %v, %v, missing %v", counters, err, c.missing)
			}
		})
	}
	if _, err := (&Target{}).Counters(t.Context()); !errors.Is(err, ErrNoCounters) {
		t.Errorf("without an address: got %v, want %v", err, ErrNoCounters)
	}
}
