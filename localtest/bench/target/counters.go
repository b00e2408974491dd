package target

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// ErrNoCounters is returned where the functions' counters cannot be read.
var ErrNoCounters = errors.New("there are no counters to read")

// Counters are the sums that the functions have reported so far. A function reports when its invocation ends.
type Counters map[Counter]float64

// Counter names a sum: a metric of one function. Function is empty for the sum over all functions.
type Counter struct{ Function, Metric string }

// The metrics, as the stack writes their names.
const (
	Invocations = "invocations"
	Posts       = "posts"
	ReadUnits   = "read_units"
	WriteUnits  = "write_units"
)

// Counters reads what the functions have reported. Its error is ErrNoCounters where that is not served.
func (t *Target) Counters(ctx context.Context) (Counters, error) {
	if t.HTTP == "" {
		return nil, ErrNoCounters
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.HTTP+"/_local/metrics", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read counters: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, ErrNoCounters
	}
	counters, err := parseCounters(response.Body)
	if err == nil && len(counters) == 0 {
		err = ErrNoCounters // something else is served there
	}
	return counters, err
}

// parseCounters reads the text exposition format. The chat's metrics are chat_STACK_METRIC_total, since they lie in the
// namespace Chat/STACK. Others are left out.
func parseCounters(text io.Reader) (Counters, error) {
	sums := Counters{}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		line := lines.Text()
		series, number, ok := cutLast(line, " ")
		name, labels, _ := strings.Cut(series, "{")
		metric, isSum := strings.CutSuffix(name, "_total")
		if !ok || !isSum || !strings.HasPrefix(name, "chat_") {
			continue
		}
		value, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return nil, fmt.Errorf("read counters: %q: %w", line, err)
		}
		for _, known := range []string{Invocations, Posts, ReadUnits, WriteUnits} {
			if strings.HasSuffix(metric, "_"+known) {
				_, function, _ := strings.Cut(labels, `function="`)
				function, _, _ = strings.Cut(function, `"`)
				sums[Counter{"", known}] += value
				sums[Counter{function, known}] += value
			}
		}
	}
	return sums, lines.Err()
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// Since returns what has come since before.
func (c Counters) Since(before Counters) Counters {
	difference := Counters{}
	for counter, value := range c {
		difference[counter] = value - before[counter]
	}
	return difference
}

// Sum returns the metric's sum over all functions.
func (c Counters) Sum(metric string) float64 { return c[Counter{"", metric}] }
