package streams

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"serverlesschat/localtest/aws/wait"
)

// delivery takes a lane's batches to the function, one after the other.
type delivery struct {
	mapping    Mapping
	shard      string
	streamARN  string
	invoke     InvokeFunc
	deadLetter func([]byte) error
	finish     func([]item) // called with records that are done with
	backoff    backoff
	log        *slog.Logger
}

// part is what is tried at once: a batch, or what bisecting and partial success leave of it.
type part struct {
	items   []item
	failed  int // attempts that count
	invoked int
	last    Response // to the last of them
}

// deliver returns when all of the batch is done with or ctx is over, in which case what is left stays open. An attempt
// that runs is waited for.
func (d *delivery) deliver(ctx context.Context, batch []item) {
	todo := []part{{items: batch}} // a stack; the first records on top
	failures := 0                  // in a row
	for len(todo) > 0 && ctx.Err() == nil {
		p := d.dropOld(ctx, todo[len(todo)-1])
		todo = todo[:len(todo)-1]
		if len(p.items) == 0 {
			continue
		}
		o := d.attempt(ctx, p)
		for _, rest := range slices.Backward(o.rest) {
			todo = append(todo, rest)
		}
		if o.progress {
			failures = 0
		}
		switch {
		case o.cut:
			wait.For(ctx, d.backoff.pause(1))
		case len(o.rest) > 0:
			failures++
			wait.For(ctx, d.backoff.pause(failures))
		}
	}
}

// outcome is what an attempt at a part has come to.
type outcome struct {
	rest     []part // still to be done, in order; empty after success, or when the part was given up
	progress bool   // some of its records are done with
	cut      bool   // the part was cut in two, which is no failure of its own
}

// attempt invokes the function once.
func (d *delivery) attempt(ctx context.Context, p part) outcome {
	// What has begun is waited for, as Lambda would run it to its end.
	r, err := d.invoke(context.WithoutCancel(ctx), d.mapping.Function, Source, payload(p.items))
	if err != nil {
		d.complain("not invoked", p, err.Error())
		return outcome{rest: []part{p}}
	}
	p.invoked++
	p.last = r
	v := judge(r, d.mapping.ReportBatchItemFailures, p.items)
	if v.done > 0 {
		d.finish(p.items[:v.done])
	}
	if !v.failed {
		return outcome{progress: true}
	}
	p.items = p.items[v.done:]
	d.complain("failed", p, v.problem)
	if v.whole && d.mapping.Bisect && len(p.items) > 1 {
		first, second := p, p
		half := len(p.items) / 2
		first.items, second.items = p.items[:half], p.items[half:]
		return outcome{rest: []part{first, second}, cut: true}
	}
	p.failed++
	if limit := d.mapping.MaximumRetryAttempts; limit >= 0 && p.failed > limit {
		d.giveUp(ctx, p, retriesExhausted)
		return outcome{progress: true}
	}
	return outcome{rest: []part{p}, progress: v.done > 0}
}

// dropOld gives up the records from the front that are too old, and returns the rest.
func (d *delivery) dropOld(ctx context.Context, p part) part {
	if d.mapping.MaximumRecordAge < 0 {
		return p
	}
	oldest, n := time.Now().Add(-d.mapping.MaximumRecordAge), 0
	for n < len(p.items) && p.items[n].arrived.Before(oldest) {
		n++
	}
	if n > 0 {
		old := p
		old.items = p.items[:n]
		d.giveUp(ctx, old, ageExceeded)
	}
	p.items = p.items[n:]
	return p
}

// giveUp sends the dead letter, and is done with the records when it is sent.
func (d *delivery) giveUp(ctx context.Context, p part, condition string) {
	d.complain("given up", p, condition)
	if d.deadLetter != nil {
		letter := d.letter(p, condition, time.Now())
		for pauses := 1; ; pauses++ {
			err := d.deadLetter(letter)
			if err == nil {
				break
			}
			d.complain("no dead letter", p, err.Error())
			if !wait.For(ctx, d.backoff.pause(pauses)) {
				return // the records stay open, and come again after the next start
			}
		}
	}
	d.finish(p.items)
}

func (d *delivery) complain(what string, p part, why string) {
	d.log.Warn("stream batch "+what, "function", d.mapping.Function, "why", why, "shard", d.shard,
		"first", p.items[0].number, "records", len(p.items), "attempts", p.failed)
}

// backoff is how long to wait after the n-th failure in a row, n from 1.
type backoff struct{ base, limit time.Duration }

func (b backoff) pause(n int) time.Duration {
	d := b.base
	for ; n > 1 && d < b.limit; n-- {
		d *= 2
	}
	return min(d, b.limit)
}
