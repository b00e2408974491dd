package chat

import (
	"context"
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
