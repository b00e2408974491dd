package fanout

import (
	"context"
	"time"

	"serverlesschat/internal/roomlog"
)

const (
	// settleAfter is how many entries the pushing may be behind before readers are spared them.
	settleAfter = 200
	// settleTime is how long one turn of settling takes at most; then the pushing has its turn.
	settleTime = 2 * time.Second
)

// settle moves the settled id as far as it can, so that readers need not walk what is not pushed yet. It is upkeep: it
// applies changes, fills old holes, waits for none, and a failure ends it.
func (k *wake) settle(ctx context.Context) {
	from := k.settled
	for end := k.opts.Now().Add(settleTime); k.opts.Now().Before(end); {
		run, err := roomlog.ReadRun(ctx, k.store, k.room, k.settled)
		if err != nil {
			break
		}
		if _, err := k.apply(ctx, run.Entries); err != nil {
			break
		}
		k.settled = run.End
		if run.More {
			continue
		}
		if run.Next == nil || k.opts.Now().Sub(run.Next.CreatedAt) < k.opts.HoleAge {
			break
		}
		if k.hole.Fill(ctx, run.End, *run.Next) != nil {
			break
		}
	}
	if k.settled > from {
		_ = k.store.Settle(ctx, k.room, k.settled)
	}
}
