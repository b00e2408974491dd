package target

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestCallsWaitSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		handler := delay(8 * time.Millisecond).before(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if waited := time.Since(start); waited != 8*time.Millisecond {
				t.Errorf("passed on after %v, want 8ms", waited)
			}
		}))
		var calls sync.WaitGroup
		for range 64 {
			calls.Go(func() {
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil))
			})
		}
		calls.Wait()
	})
}

func TestStoreFront(t *testing.T) {
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	}))
	defer engine.Close()
	for _, d := range []delay{0, delay(time.Millisecond)} {
		front := &storeFront{delay: d}
		endpoint, err := front.start(engine.URL)
		if err != nil {
			t.Fatal(err)
		}
		if same := endpoint == engine.URL; same != (d == 0) {
			t.Errorf("delay %v: calls go to %s, the engine is at %s", time.Duration(d), endpoint, engine.URL)
		}
		response, err := http.Get(endpoint)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusTeapot {
			t.Errorf("delay %v: status %d is not the engine's", time.Duration(d), response.StatusCode)
		}
		http.DefaultClient.CloseIdleConnections()
		if err := front.close(); err != nil {
			t.Error(err)
		}
	}
}

func TestThePostDelayComesAfterTheFront(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var seen, passed time.Duration
		o := Options{PostDelay: time.Second, ManagementFront: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen = time.Since(start)
				next.ServeHTTP(w, r)
			})
		}}
		api := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed = time.Since(start) })
		o.managementFront()(api).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil))
		if seen != 0 || passed != time.Second {
			t.Errorf("seen after %v, passed on after %v, want 0s and 1s", seen, passed)
		}
	})
}
