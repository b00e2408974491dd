package lambda

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// benchEvent is about as large as a message event of API Gateway.
var benchEvent = []byte(`{"requestContext":{"routeKey":"sendMessage","messageId":"R1knPH17NjMFftw=","eventType":"MESSAGE",
"extendedRequestId":"R1knPH17NjMFftw=","requestTime":"20/Jan/2024:11:55:00 +0000","messageDirection":"IN","stage":"dev",
"connectedAt":1705751700000,"requestTimeEpoch":1705751700001,"identity":{"sourceIp":"127.0.0.1"},"requestId":"R1knPH17NjMFftw=",
"domainName":"127.0.0.1","connectionId":"R1kmxc2VNjMCFIA=","apiId":"local","authorizer":{"principalId":"alice"}},
"body":"{\"action\":\"sendMessage\",\"room_id\":\"general\",\"content\":\"hello\"}","isBase64Encoded":false}`)

func benchService(b *testing.B, change func(*Options)) *Service {
	b.Helper()
	opts := Options{LogDir: b.TempDir(), OnInvocation: func(Invocation) {}, OnLine: func(string, []byte) {}}
	opts.Functions = []Function{{Name: "echo", Binary: programs.echo, MemoryMB: 512, ARN: testARN}}
	if change != nil {
		change(&opts)
	}
	s, err := New(opts)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// BenchmarkInvoke measures a whole invocation, the function's own work (aws-lambda-go) included.
func BenchmarkInvoke(b *testing.B) {
	for _, callers := range []int{1, 8, 64} {
		b.Run(map[int]string{1: "callers=1", 8: "callers=8", 64: "callers=64"}[callers], func(b *testing.B) {
			s := benchService(b, nil)
			invoke := func() {
				r, err := s.Invoke(b.Context(), Request{Function: "echo", Payload: benchEvent, Source: "bench"})
				if err != nil || r.FunctionError != "" {
					b.Errorf("%q %v", r.Payload, err)
				}
			}
			invoke()
			b.ReportAllocs()
			before := cpuTime(b)
			b.ResetTimer()
			var left atomic.Int64
			left.Store(int64(b.N))
			var group sync.WaitGroup
			for range callers {
				group.Go(func() {
					for left.Add(-1) >= 0 {
						invoke()
					}
				})
			}
			group.Wait()
			b.StopTimer()
			b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "own-cpu-µs/op")
			b.ReportMetric(float64(len(s.Processes())), "processes")
		})
	}
}

// BenchmarkColdStart measures the start of a process to its first next, and the whole of its first invocation.
func BenchmarkColdStart(b *testing.B) {
	var sum time.Duration
	for b.Loop() {
		var init time.Duration
		s := benchService(b, func(o *Options) { o.OnInvocation = func(i Invocation) { init = i.Init } })
		if _, err := s.Invoke(b.Context(), Request{Function: "echo", Payload: benchEvent}); err != nil {
			b.Fatal(err)
		}
		s.Close()
		sum += init
	}
	b.ReportMetric(float64(sum.Microseconds())/float64(b.N)/1000, "init-ms/op")
}
