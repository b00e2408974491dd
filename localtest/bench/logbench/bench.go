package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/dynamo/dynamotest"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/telemetry"
	"serverlesschat/localtest/aws/engine"
)

// bench gives every measurement tables of its own on one engine.
type bench struct {
	engine *engine.Engine
	tables int
}

// ground is what one measurement works on.
type ground struct {
	client *dynamodb.Client
	tables dynamo.Tables
	store  *dynamo.Store
}

// open makes tables, and a client whose calls take delay longer each.
func (b *bench) open(ctx context.Context, delay time.Duration) (*ground, error) {
	b.tables++
	config := b.engine.Config()
	tables := dynamotest.Names(fmt.Sprintf("log%d-", b.tables))
	if err := dynamotest.Create(ctx, dynamodb.NewFromConfig(config), tables); err != nil {
		return nil, err
	}
	config.HTTPClient = &http.Client{Transport: slow{delay, &http.Transport{MaxIdleConnsPerHost: 256}}}
	client := dynamodb.NewFromConfig(config)
	return &ground{client: client, tables: tables, store: dynamo.New(client, tables, time.Now)}, nil
}

// slow makes each call take longer, as a network does.
type slow struct {
	delay time.Duration
	next  http.RoundTripper
}

func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(s.delay)
	return s.next.RoundTrip(r)
}

// appender stores an entry; *roomlog.Writer is one.
type appender interface {
	Append(ctx context.Context, e chat.NewEntry) (chat.Entry, roomlog.Appended, error)
}

func writerOn(store roomlog.WriterStore) *roomlog.Writer {
	return roomlog.NewWriter(store, roomlog.WriterOptions{Now: time.Now, Random: func(b []byte) { _, _ = rand.Read(b) }})
}

const (
	room = "bench"
	text = "The quick brown fox jumps over the lazy dog, and then it goes home and has some tea with the dog."
)

// figures are what writers came to.
type figures struct {
	stored, failed int64
	took           time.Duration
	latencies      []time.Duration
	writeUnits     float64
}

// write has writers append side by side until the time is over.
func write(ctx context.Context, to appender, writers int, length time.Duration) (figures, error) {
	var (
		f              figures
		stored, failed atomic.Int64
		mu             sync.Mutex
		record, units  = telemetry.Recorded(ctx)
	)
	start := time.Now()
	group, _ := errgroup.WithContext(ctx)
	for w := range writers {
		group.Go(func() error {
			var own []time.Duration
			for n := 0; time.Since(start) < length && ctx.Err() == nil; n++ {
				began := time.Now()
				_, _, err := to.Append(record, chat.NewEntry{
					Room: room, Kind: chat.KindMessage, User: chat.UserID(fmt.Sprintf("user-%d", w)),
					ClientMessageID: chat.ClientMessageID(fmt.Sprintf("%d-%d", w, n)), Content: text,
				})
				switch chat.CodeOf(err) {
				case "":
					stored.Add(1)
					own = append(own, time.Since(began))
				case chat.CodeUnavailable:
					failed.Add(1)
				default:
					return err
				}
			}
			mu.Lock()
			defer mu.Unlock()
			f.latencies = append(f.latencies, own...)
			return nil
		})
	}
	err := group.Wait()
	f.took, f.stored, f.failed, f.writeUnits = time.Since(start), stored.Load(), failed.Load(), units(telemetry.WriteUnits)
	slices.Sort(f.latencies)
	return f, err
}

func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
