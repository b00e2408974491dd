package stack

import (
	"fmt"
	"io"
	"sync"
	"time"

	"serverlesschat/localtest/aws/lambda"
)

// console prints one readable line per invocation.
type console struct {
	mu  sync.Mutex
	out io.Writer
	now func() time.Time
}

func (c *console) printf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = fmt.Fprintf(c.out, "%s  "+format+"\n", append([]any{c.now().Format("15:04:05.000")}, args...)...)
}

// invocation prints: time, function, what caused it, cold or warm, how long it took, how it ended.
func (c *console) invocation(i lambda.Invocation) {
	start := "warm"
	if i.Cold {
		start = "cold"
	}
	outcome := "ok"
	if i.Error != "" {
		outcome = i.Error
	}
	c.printf("%-20s %-32s %s %9.1f ms  %s", i.Function, i.Source, start, float64(i.Duration.Microseconds())/1000, outcome)
}
