package chat

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestForEachBoundsWhatRunsSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, peak := 0, 0
		err := ForEach(t.Context(), make([]int, 10), 3, func(context.Context, int) error {
			mu.Lock()
			running++
			peak = max(peak, running)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			running--
			mu.Unlock()
			return nil
		})
		if err != nil || peak != 3 {
			t.Errorf("%d at a time, %v", peak, err)
		}
	})
}

func TestMapKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		odd := errors.New("odd")
		got, err := Map(t.Context(), []int{3, 2, 1, 4}, 4, func(_ context.Context, n int) (int, error) {
			time.Sleep(time.Duration(n) * time.Second)
			if n == 1 {
				return 0, odd
			}
			return 10 * n, nil
		})
		if want := []int{30, 20, 0, 40}; !slices.Equal(got, want) || !errors.Is(err, odd) {
			t.Errorf("%v, %v, want %v and the error of one", got, err, want)
		}
	})
}
