package queues

import (
	"context"
	"errors"
	"sync"
	"time"

	"serverlesschat/localtest/aws/wait"
)

// Poller is an event source mapping.
type Poller struct {
	service *Service
	queue   *queue
	mapping Mapping
	invoke  InvokeFunc
	batches *concurrency
}

// After a batch that could not be invoked, or a queue that could not be read, the first pause and the longest.
const (
	retryBase  = 200 * time.Millisecond
	retryLimit = 10 * time.Second
)

// Run invokes the function with the queue's messages until ctx is over or the service closes, then waits for
// invocations that run. It is called once.
func (p *Poller) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	failures := 0
	for p.awaitWork(ctx) {
		batch, err := p.gather(ctx)
		if len(batch) > 0 {
			running.Go(func() {
				defer p.batches.release()
				p.deliver(ctx, batch)
			})
		} else {
			p.batches.release()
		}
		if err == nil {
			failures = 0
			continue
		}
		if errors.Is(err, errClosed) {
			return
		}
		failures++
		p.service.config.Log.Error("queue can't be read, trying again", "queue", p.queue.Name, "why", err)
		wait.For(ctx, pause(failures))
	}
}

// awaitWork waits until a message is visible, and then until a batch may run. So what waits for a batch to end has not
// been received. It returns false when ctx is over or the service closes.
func (p *Poller) awaitWork(ctx context.Context) bool {
	if !p.service.wait(ctx, p.queue, p.service.config.Now()) {
		p.batches.relax()
		if !p.service.wait(ctx, p.queue, time.Time{}) {
			return false
		}
	}
	return p.batches.acquire(ctx)
}

// gather receives a batch: what is visible, and with a batching window what becomes so until the window ends or the
// batch is full. The window begins with the first message. When it fails, the batch has what was received before.
func (p *Poller) gather(ctx context.Context) ([]message, error) {
	size, full := emptyEventSize, false
	w := want{visibility: p.queue.VisibilityTimeout, fits: func(m *message) bool {
		n := p.recordSize(m)
		if full = size+n > maxPayload; !full {
			size += n
		}
		return !full
	}}
	var batch []message
	var end time.Time
	for {
		w.most = p.mapping.BatchSize - len(batch)
		got, err := p.service.take(p.queue, w)
		batch = append(batch, got...)
		if err != nil || len(batch) == 0 || full || len(batch) == p.mapping.BatchSize {
			return batch, err
		}
		if end.IsZero() {
			end = p.service.config.Now().Add(p.mapping.MaximumBatchingWindow)
		}
		if !p.service.wait(ctx, p.queue, end) {
			return batch, nil
		}
	}
}

// deliver invokes the function with a batch, and deletes what it is done with. An invocation that was refused is tried
// again while the visibility timeout lasts; then the messages are the queue's again. An attempt that runs is waited
// for.
func (p *Poller) deliver(ctx context.Context, batch []message) {
	payload := p.event(batch)
	end := batch[0].due
	for n := 1; ; n++ {
		// What has begun is waited for, as Lambda would run it to its end.
		r, err := p.invoke(context.WithoutCancel(ctx), p.mapping.Function, Source, payload)
		if err == nil {
			p.settle(batch, r)
			return
		}
		p.complain("not invoked", batch, err.Error())
		d := pause(n)
		if !p.service.config.Now().Add(d).Before(end) || !wait.For(ctx, d) {
			return
		}
	}
}

// settle deletes the messages that the function is done with. The others stay as they are: each comes again when its
// visibility timeout runs out, or at the time that the function has set.
func (p *Poller) settle(batch []message, r Response) {
	failed, problem := judge(r, p.mapping.ReportBatchItemFailures, batch)
	if problem != "" {
		p.complain("failed", batch, problem)
	}
	for i := range batch {
		m := &batch[i]
		if failed[m.id] {
			continue
		}
		if err := p.service.delete(p.queue, receiptHandle(p.queue.Name, m)); err != nil {
			p.complain("can't be deleted, and comes again", batch[i:i+1], err.Error())
		}
	}
}

func (p *Poller) complain(what string, batch []message, why string) {
	p.service.config.Log.Warn("queue batch "+what, "function", p.mapping.Function, "why", why, "queue", p.queue.Name,
		"first", batch[0].id, "messages", len(batch))
}

// pause is how long to wait after the n-th failure in a row, n from 1.
func pause(n int) time.Duration {
	d := retryBase
	for ; n > 1 && d < retryLimit; n-- {
		d *= 2
	}
	return min(d, retryLimit)
}
