package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// prefix is what the names of the chat's metrics begin with: they lie in the namespace Chat/STACK.
const prefix = "chat_" + stackName + "_"

// counters are the sums that the functions have reported so far, by the metric's name without its labels.
type counters map[string]float64

// readCounters reads what the local stack serves at /_local/metrics.
func readCounters(ctx context.Context, endpoint string) (counters, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/_local/metrics", nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	defer response.Body.Close()
	sums := counters{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, rest, ok := strings.Cut(lines.Text(), " ")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		if bare, labels, ok := strings.Cut(lines.Text(), "{"); ok {
			name = bare
			_, rest, _ = strings.Cut(labels, "} ")
		}
		value, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
		if err != nil {
			return nil, fmt.Errorf("read metrics: %q: %w", lines.Text(), err)
		}
		sums[name] += value
	}
	return sums, lines.Err()
}

func (c counters) since(before counters) counters {
	difference := counters{}
	for name, value := range c {
		difference[name] = value - before[name]
	}
	return difference
}
