package chat

import (
	"context"
	"errors"
	"sync"
)

// ForEach calls do for every item, at most parallel at a time, and waits for all. One failure does not stop the others.
// It returns all errors, joined.
func ForEach[T any](ctx context.Context, items []T, parallel int, do func(context.Context, T) error) error {
	var (
		next  = make(chan T)
		wg    sync.WaitGroup
		mu    sync.Mutex
		fails []error
	)
	for range min(parallel, len(items)) {
		wg.Go(func() {
			for item := range next {
				if err := do(ctx, item); err != nil {
					mu.Lock()
					fails = append(fails, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, item := range items {
		next <- item
	}
	close(next)
	wg.Wait()
	return errors.Join(fails...)
}

// Map calls do for every item, as [ForEach] does, and returns what it gets, in the order of the items.
func Map[T, R any](ctx context.Context, items []T, parallel int, do func(context.Context, T) (R, error)) ([]R, error) {
	results, at := make([]R, len(items)), make([]int, len(items))
	for i := range at {
		at[i] = i
	}
	err := ForEach(ctx, at, parallel, func(ctx context.Context, i int) (err error) {
		results[i], err = do(ctx, items[i])
		return err
	})
	return results, err
}
