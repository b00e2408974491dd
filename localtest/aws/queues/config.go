package queues

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"
)

// Queue has the attributes of a standard queue, under AWS's names and with AWS's ranges. A zero value means AWS's default,
// where one is named.
type Queue struct {
	Name, ARN         string
	VisibilityTimeout time.Duration // 0 to 12 h; 0 means 30 s, so that none can be said by -1
	Delay             time.Duration // 0 to 15 min
	Retention         time.Duration // 60 s to 14 d; 0 means 4 d
	// MaximumMessageSize is in bytes, 1 KiB to 1 MiB; 0 means 1 MiB.
	MaximumMessageSize int
	// DeadLetterARN and MaxReceiveCount are the redrive policy: a queue of the same configuration, and 1 to 1,000. Both or
	// neither are given.
	DeadLetterARN   string
	MaxReceiveCount int
}

// Config is what a Service works with. Queues, Region, AccountID and Dir are needed.
type Config struct {
	Queues            []Queue
	Region, AccountID string
	// Dir is the folder of the queues' journals; it is made when needed. One process at a time may have it open.
	Dir string
	// BaseURL is what queue URLs begin with, without a slash at the end. Empty: the scheme and host that the client used.
	BaseURL string
	// Now is the time of all rules; nil means time.Now.
	Now func() time.Time
	// Log gets failures, never the bodies of messages. Nil: dropped.
	Log *slog.Logger
}

// AWS's defaults and limits (Amazon SQS API Reference, "SetQueueAttributes", and Developer Guide, "Amazon SQS message quotas").
const (
	defaultVisibility = 30 * time.Second
	maxVisibility     = 12 * time.Hour
	maxDelay          = 15 * time.Minute
	defaultRetention  = 4 * 24 * time.Hour
	minRetention      = 60 * time.Second
	maxRetention      = 14 * 24 * time.Hour
	minMessageSize    = 1 << 10
	maxMessageSize    = 1 << 20
	maxReceiveCount   = 1000
)

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

func (c *Config) setDefaults() {
	queues := make([]Queue, len(c.Queues))
	for i, q := range c.Queues {
		q.VisibilityTimeout = max(cmp.Or(q.VisibilityTimeout, defaultVisibility), -1)
		if q.VisibilityTimeout == -1 {
			q.VisibilityTimeout = 0
		}
		q.Retention = cmp.Or(q.Retention, defaultRetention)
		q.MaximumMessageSize = cmp.Or(q.MaximumMessageSize, maxMessageSize)
		queues[i] = q
	}
	c.Queues = queues
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
}

// validate names all that is wrong.
func (c *Config) validate() error {
	return errors.Join(fmt.Errorf("not built yet"))
}
