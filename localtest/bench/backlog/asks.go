package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"serverlesschat/localtest/bench/latency"
)

// asked is what one kind of request came to.
type asked struct {
	name   string
	took   latency.Samples // of those that were answered well
	failed atomic.Int64
	last   atomic.Pointer[error] // of the latest that failed
}

// String says how often and how long.
func (a *asked) String() string {
	text := fmt.Sprintf("%-24s %5d answered, p50 %8.1f ms, p99 %8.1f ms", a.name, a.took.Count(),
		latency.Millis(a.took.Quantile(0.5)), latency.Millis(a.took.Quantile(0.99)))
	if last := a.last.Load(); last != nil {
		text += fmt.Sprintf("; %d failed, the last: %v", a.failed.Load(), *last)
	}
	return text
}

// repeat asks every so often, one request at a time, until ctx ends. What has not been answered by then is not counted.
func (a *asked) repeat(ctx context.Context, every time.Duration, ask func(context.Context) error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for ctx.Err() == nil {
		start := time.Now()
		err := ask(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			a.failed.Add(1)
			a.last.Store(&err)
		default:
			a.took.Add(time.Since(start))
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// askHistory asks for a page of the room: the newest, or the one before an id.
func (b *backlog) askHistory(ctx context.Context, token string, before int) error {
	query := url.Values{"limit": {"50"}}
	if before > 0 {
		query.Set("before", strconv.Itoa(before))
	}
	address := fmt.Sprintf("%s/rooms/%s/messages?%s", b.target.Local.HTTP, b.room, query.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.200s", response.Status, body)
	}
	return err
}
