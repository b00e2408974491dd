package fanout_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
)

// bucket is how API Gateway limits an account's calls in a region (quotas for WebSocket APIs).
type bucket struct{ perSecond, burst float64 }

// posts returns how many calls the bucket allows at most in a time, and time how long so many take.
func (b bucket) time(posts int) time.Duration {
	return time.Duration(max(0, float64(posts)-b.burst) / b.perSecond * float64(time.Second))
}

func buckets() []bucket { return []bucket{{10_000, 5_000}, {2_500, 1_250}} }

// processes are workers, each in a process of its own, as many as are needed side by side. Each has one job at a time.
type processes struct {
	*pushWorld
	log  *log
	late func() time.Duration // how long a job waits before it is begun; nil for not at all

	mu   sync.Mutex
	free []*fanout.Pusher
	made int
}

func (p *processes) take() *fanout.Pusher {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		pusher := p.free[n-1]
		p.free = p.free[:n-1]
		return pusher
	}
	p.made++
	return p.pusher()
}

// Run implements [fanout.Workers].
func (p *processes) Run(ctx context.Context, job fanout.Job) ([]fanout.Recipient, error) {
	if p.late != nil && chat.Sleep(ctx, p.late()) != nil {
		return job.Recipients, ctx.Err()
	}
	pusher := p.take()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.free = append(p.free, pusher)
	}()
	return fanout.NewWorker(p.log, oneByOne, pusher, time.Now).Run(ctx, job)
}

// log is a room's log that has every entry.
type log struct{}

func (*log) Place(context.Context, chat.Entry) (*chat.Entry, error) { return nil, nil }

func (*log) EntriesAfter(_ context.Context, room chat.RoomID, after chat.EntryID, limit int) ([]chat.Entry, error) {
	entries := make([]chat.Entry, limit)
	for i := range entries {
		entries[i] = chat.Entry{Room: room, ID: after + chat.EntryID(i) + 1, Kind: chat.KindMessage}
	}
	return entries, nil
}

func (*log) EntriesBefore(context.Context, chat.RoomID, chat.EntryID, int) ([]chat.Entry, error) {
	return nil, nil
}

func (w *pushWorld) chunked(self fanout.Deliverer, workers fanout.Workers) *fanout.ChunkedDeliverer {
	return fanout.NewChunkedDeliverer(self, workers, fanout.ChunkOptions{
		Limit: 2000, Parallel: 64, PostRate: w.rate, Now: time.Now, Jitter: w.random,
	})
}

// expectShare reports what part of the possible was reached.
func (w *pushWorld) expectShare(possible, took time.Duration) {
	w.Helper()
	share := 100 * possible.Seconds() / took.Seconds()
	w.Logf("took %v, at least %v is possible: %.0f %%; %d posts, %d of them throttled",
		took.Round(time.Millisecond), possible.Round(time.Millisecond), share, w.pushed.Posts, w.pushed.Throttled)
	if share < 90 {
		w.Errorf("%.0f %% of the throughput that is possible, want 90", share)
	}
}

// One push to 50,000 members.
func TestThroughputOfOneLargeRoom(t *testing.T) {
	for _, b := range buckets() {
		t.Run(fmt.Sprint(b.perSecond, " a second"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newPushWorld(t)
				w.gateway.Limit(b.perSecond, b.burst)
				workers := &processes{pushWorld: w, log: &log{}}
				recipients := w.room("r", 50_000)
				rest, err := w.chunked(nil, workers).Deliver(t.Context(),
					fanout.Delivery{Room: "r", Frames: frames(1, 1), Recipients: recipients})
				if len(rest) > 0 || err != nil {
					t.Errorf("%d recipients left: %v", len(rest), err)
				}
				byRate := time.Duration(50_000 / w.rate * float64(time.Second))
				w.expectShare(max(byRate, b.time(50_000)), w.gotAll(1))
			})
		})
	}
}

// Ten pushes, one after the other, to each of three rooms of 2,000 members.
func TestThroughputOfThreeRooms(t *testing.T) {
	for _, processes := range []int{1, 3} {
		for _, b := range buckets() {
			t.Run(fmt.Sprint(processes, " processes, ", b.perSecond, " a second"), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newPushWorld(t)
					w.gateway.Limit(b.perSecond, b.burst)
					pushers := []*fanout.Pusher{w.pusher(), w.pusher(), w.pusher()}
					var members [3][]fanout.Recipient
					for i := range members {
						members[i] = w.room(chat.RoomID(rune('a'+i)), 2000)
					}
					var wg sync.WaitGroup
					for i, recipients := range members {
						room := recipients[0].Room
						wg.Go(func() {
							for id := range chat.EntryID(10) {
								d := fanout.Delivery{Room: room, Frames: frames(id+1, id+1), Recipients: recipients}
								if rest, err := pushers[i%processes].Deliver(t.Context(), d); err != nil {
									t.Errorf("%d recipients left: %v", len(rest), err)
								}
							}
						})
					}
					wg.Wait()
					bySlots := time.Duration(60_000/(64*processes)) * 10 * time.Millisecond
					byRate := time.Duration(60_000 / (float64(processes) * w.rate) * float64(time.Second))
					w.expectShare(max(bySlots, byRate, b.time(60_000)), w.gotAll(10))
				})
			})
		}
	}
}
