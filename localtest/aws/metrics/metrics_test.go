package metrics

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// emf makes a line with one metric M in namespace Chat.
func emf(dimensions, unit, rest string) string {
	return fmt.Sprintf(`{"_aws":{"Timestamp":1700000000000,"CloudWatchMetrics":[{"Namespace":"Chat","Dimensions":%s,`+
		`"Metrics":[{"Name":"M","Unit":%q}]}]},%s}`, dimensions, unit, rest)
}

// scrape returns what is served, without comments and without the package's own metrics unless wanted.
func scrape(t *testing.T, r *Registry, own bool) []string {
	t.Helper()
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if got := w.Header().Get("Content-Type"); w.Code != 200 || got != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("status %d, content type %s", w.Code, got)
	}
	var lines []string
	for line := range strings.Lines(w.Body.String()) {
		if !strings.HasPrefix(line, "#") && (own || !strings.HasPrefix(line, "emf_")) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

func TestLines(t *testing.T) {
	const none = `[[]]`
	for name, c := range map[string]struct {
		lines []string
		want  []string
	}{
		"a counter adds up": {
			[]string{emf(none, "Count", `"M":2`), emf(none, "Count", `"M":[1,2.5]`)},
			[]string{"chat_m_total 5.5"},
		},
		"dimensions are labels, sorted": {
			[]string{emf(`[["Route","FunctionName"]]`, "Count", `"M":1,"Route":"send","FunctionName":"f"`)},
			[]string{`chat_m_total{function_name="f",route="send"} 1`},
		},
		"a series for each dimension set": {
			[]string{emf(`[[],["A"],["A","B"]]`, "Count", `"M":1,"A":"x","B":"y"`)},
			[]string{`chat_m_total 1`, `chat_m_total{a="x"} 1`, `chat_m_total{a="x",b="y"} 1`},
		},
		"no unit": {
			[]string{emf(none, "None", `"M":1.5`), emf(none, "", `"M":-3`)},
			[]string{"chat_m_sum -1.5", "chat_m_count 2"},
		},
		"percent":         {[]string{emf(none, "Percent", `"M":50`)}, []string{"chat_m_percent_sum 50", "chat_m_percent_count 1"}},
		"a rate":          {[]string{emf(none, "Bytes/Second", `"M":5`)}, []string{"chat_m_bytes_per_second_sum 5", "chat_m_bytes_per_second_count 1"}},
		"large and small": {[]string{emf(none, "None", `"M":1e300`)}, []string{"chat_m_sum 1e+300", "chat_m_count 1"}},
		"escapes": {
			[]string{emf(`[["A"]]`, "Count", `"M":1,"A":"a\\b\"c\nd é"`)},
			[]string{`chat_m_total{a="a\\b\"c\nd é"} 1`},
		},
		"spaces before the brace": {[]string{" \t" + emf(none, "Count", `"M":1`)}, []string{"chat_m_total 1"}},
		"other members stay unseen": {
			[]string{emf(none, "Count", `"M":1,"level":"INFO","msg":"x","nested":{"_aws":1}`)},
			[]string{"chat_m_total 1"},
		},
		"several directives": {
			[]string{`{"_aws":{"Timestamp":1,"CloudWatchMetrics":[
				{"Namespace":"N1","Dimensions":[[]],"Metrics":[{"Name":"A","Unit":"Count"},{"Name":"B","Unit":"Count"}]},
				{"Namespace":"N2","Dimensions":[[]],"Metrics":[{"Name":"A","Unit":"Count","StorageResolution":1}]}]},"A":1,"B":2}`},
			[]string{"n1_a_total 1", "n1_b_total 2", "n2_a_total 1"},
		},
		"not EMF": {
			[]string{"", "START", `{"level":"INFO","msg":"\"_aws\""}`, `{"x":{"_aws":1}}`, `{"_aws" broken`, `["_aws"]`, `{}`},
			nil,
		},
		"nothing said": {[]string{`{"_aws":{"Timestamp":1,"CloudWatchMetrics":[]}}`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(Options{})
			for _, line := range c.lines {
				r.Line([]byte(line))
			}
			if got := scrape(t, r, false); strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if n := len(r.dropped); n != 0 {
				t.Errorf("dropped %v", r.dropped)
			}
		})
	}
}

func TestAHistogram(t *testing.T) {
	r := New(Options{})
	r.Line([]byte(emf(`[["le"]]`, "Milliseconds", `"M":[0.5,1,1.5,50,61000],"le":"x"`)))
	r.Line([]byte(emf(`[["le"]]`, "Milliseconds", `"M":50,"le":"x"`)))
	want := map[string]string{
		"1": "2", "2": "3", "5": "3", "10": "3", "20": "3", "50": "5", "100": "5", "200": "5", "500": "5", "1000": "5",
		"2000": "5", "5000": "5", "10000": "5", "30000": "5", "60000": "5", "+Inf": "6",
	}
	lines := scrape(t, r, false)
	for bound, count := range want {
		line := fmt.Sprintf(`chat_m_milliseconds_bucket{le_="x",le="%s"} %s`, bound, count)
		if !strings.Contains(strings.Join(lines, "\n")+"\n", line+"\n") {
			t.Errorf("missing %s", line)
		}
	}
	if n := len(lines); n != len(want)+2 || lines[n-2] != `chat_m_milliseconds_sum{le_="x"} 61103` || lines[n-1] != `chat_m_milliseconds_count{le_="x"} 6` {
		t.Errorf("lines %q", lines)
	}
}

func TestBucketsRise(t *testing.T) {
	for _, unit := range units {
		b := bounds(unit)
		for i := 1; i < len(b); i++ {
			if b[i] <= b[i-1] {
				t.Errorf("%s: %g after %g", unit, b[i], b[i-1])
			}
		}
	}
}

func TestHeaders(t *testing.T) {
	r := New(Options{})
	r.Line([]byte(strings.ReplaceAll(emf(`[[]]`, "Count", `"M":1`), `"Chat"`, `"Chat\\\n"`)))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	want := `# HELP chat_m_total M of Chat\\\n, unit Count.` + "\n# TYPE chat_m_total counter\nchat_m_total 1\n"
	if !strings.HasPrefix(w.Body.String(), want) {
		t.Errorf("got %s, want %s", w.Body, want)
	}
}

func TestWhatCloudWatchWouldNotTake(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat("1,", maxValues+1), ",")
	keys := `"` + strings.Join(strings.Split(strings.Repeat("d", maxDimensions+1), ""), `","`) + `"`
	for want, line := range map[string]string{
		"_aws is no object":                  `{"_aws":7}`,
		"_aws.CloudWatchMetrics: ":           `{"_aws":{"Timestamp":1,"CloudWatchMetrics":7}}`,
		"Timestamp is missing":               `{"_aws":{"CloudWatchMetrics":[]}}`,
		"or no time":                         `{"_aws":{"Timestamp":-1,"CloudWatchMetrics":[]}}`,
		"Namespace, Dimensions":              `{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Dimensions":[[]],"Metrics":[{"Name":"M"}]}]},"M":1}`,
		"or Metrics is missing":              `{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"N","Metrics":[{"Name":"M"}]}]},"M":1}`,
		"no value":                           emf(`[[]]`, "Count", `"N":1`),
		"is no number":                       emf(`[[]]`, "Count", `"M":"1"`),
		`metric "M": its value is no`:        emf(`[[]]`, "Count", `"M":null`),
		`metric "M": its value is no number`: emf(`[[]]`, "Count", `"M":[1,null]`),
		"it has 0 values":                    emf(`[[]]`, "Count", `"M":[]`),
		"it has 101 values":                  emf(`[[]]`, "Count", `"M":[`+many+`]`),
		`unknown unit "Ms"`:                  emf(`[[]]`, "Ms", `"M":1`),
		`dimension "D" is no string`:         emf(`[["D"]]`, "Count", `"M":1,"D":1`),
		`dimension "E" is no string`:         emf(`[["D"],["E"]]`, "Count", `"M":1,"D":"x"`),
		"a value of 0 characters":            emf(`[["D"]]`, "Count", `"M":1,"D":""`),
		"a value of 1025 characters":         emf(`[["D"]]`, "Count", `"M":1,"D":"`+strings.Repeat("é", 1025)+`"`),
		`[0]: Dimensions[1]: dimension "日本"`: emf(`[[],["日本"]]`, "Count", `"M":1,"日本":"x"`),
		"31 dimensions":                      emf(`[[`+keys+`]]`, "Count", `"M":1,"d":"x"`),
		`become the label "room_id"`:         emf(`[["RoomId","room_id"]]`, "Count", `"M":1,"RoomId":"x","room_id":"y"`),
		"cannot be a label":                  emf(`[["日本"]]`, "Count", `"M":1,"日本":"x"`),
		"has no letters":                     strings.ReplaceAll(emf(`[[]]`, "Count", `"M":1`), `"M"`, `"…"`),
	} {
		var log strings.Builder
		r := New(Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		r.Line([]byte(line))
		r.Line([]byte(line))
		if r.dropped[invalid] != 2 || len(r.families) != 0 {
			t.Errorf("%s: dropped %v, families %v", line, r.dropped, r.families)
		}
		if text := strings.ReplaceAll(log.String(), `\"`, `"`); !strings.Contains(text, want) || strings.Count(text, "\n") != 1 {
			t.Errorf("logged %s, want one line with %s", text, want)
		}
	}
}

func TestWhatPrometheusCannotTake(t *testing.T) {
	r := New(Options{})
	r.Line([]byte(emf(`[[]]`, "Count", `"M":[5,-1]`)))
	r.Line([]byte(emf(`[[]]`, "Bytes", `"M":1`))) // chat_m_bytes, a histogram
	r.Line([]byte(strings.ReplaceAll(emf(`[[]]`, "None", `"M":1`), `"M"`, `"MBytes"`)))
	got := strings.Join(scrape(t, r, true), "\n")
	for _, want := range []string{`emf_dropped_total{reason="negative"} 1`, `emf_dropped_total{reason="conflict"} 1`, `emf_lines_total 3`} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %s in %s", want, got)
		}
	}
}

func TestTheBoundOfSeries(t *testing.T) {
	r := New(Options{MaxSeries: 3})
	for i := range 10 {
		r.Line([]byte(emf(`[["D"]]`, "Count", fmt.Sprintf(`"M":1,"D":"%d"`, i))))
	}
	r.Line([]byte(emf(`[["D"]]`, "Count", `"M":1,"D":"2"`))) // known series go on
	got := strings.Join(scrape(t, r, true), "\n")
	want := "chat_m_total{d=\"0\"} 1\nchat_m_total{d=\"1\"} 1\nchat_m_total{d=\"2\"} 2\nemf_lines_total 11\n"
	if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, `emf_dropped_total{reason="series_limit"} 7`) {
		t.Errorf("got %s", got)
	}
}

func TestSnake(t *testing.T) {
	for in, want := range map[string]string{
		"DeliveryLatency": "delivery_latency", "HTTPStatus": "http_status", "Http2Frames": "http2_frames", "already_snake": "already_snake",
		"AWS/Chat": "aws_chat", "a--b  c": "a_b_c", "2xx": "_2xx", "__x__": "x", "PostsP99": "posts_p99", "ID": "id", "é": "", "": "", "aéb": "a_b",
	} {
		if got := snake(in); got != want {
			t.Errorf("snake(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestLinesFromManySides(t *testing.T) {
	r := New(Options{})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				r.Line([]byte(emf(`[["D"]]`, "Count", `"M":1,"D":"x"`)))
			}
		})
		group.Go(func() { scrape(t, r, true) })
	}
	group.Wait()
	if got := scrape(t, r, false); len(got) != 1 || got[0] != `chat_m_total{d="x"} 800` {
		t.Errorf("got %q", got)
	}
}
