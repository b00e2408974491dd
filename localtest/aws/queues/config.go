package queues

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Queue has the attributes of a standard queue, under AWS's names and with AWS's ranges. Times are whole seconds.
type Queue struct {
	Name string // 1 to 80 letters, digits, hyphens and underscores
	ARN  string // empty: arn:aws:sqs:REGION:ACCOUNT:NAME, and no other is possible
	// VisibilityTimeout is up to 12 h; 0 means AWS's 30 s, -1 none at all.
	VisibilityTimeout time.Duration
	Delay             time.Duration // DelaySeconds, up to 15 min
	Retention         time.Duration // MessageRetentionPeriod, 60 s to 14 d; 0 means 4 d
	// MaximumMessageSize is in bytes, 1 KiB to 1 MiB; 0 means 1 MiB.
	MaximumMessageSize int
	// DeadLetterARN and MaxReceiveCount are the redrive policy: another queue of the configuration, and 1 to 1,000.
	// Both or neither are given.
	DeadLetterARN   string
	MaxReceiveCount int
}

// Config is what a Service works with. Region, AccountID and Dir are needed.
type Config struct {
	Queues            []Queue
	Region, AccountID string
	// Dir is the folder of the queues' journals; it is made when needed. One process at a time may use it.
	Dir string
	// BaseURL is what queue URLs begin with, without a slash at the end. Empty: scheme and host that the client used.
	BaseURL string
	// Now is the time that all rules of queues go by; nil means time.Now.
	Now func() time.Time
	// Log gets failures, never the bodies of messages. Nil: dropped.
	Log *slog.Logger
}

// AWS's defaults and limits (Amazon SQS API Reference, "SetQueueAttributes", and Developer Guide, "Amazon SQS message
// quotas").
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

// noVisibility is the VisibilityTimeout that stands for none.
const noVisibility = -1

func (c *Config) setDefaults() {
	c.Queues = slices.Clone(c.Queues)
	for i := range c.Queues {
		q := &c.Queues[i]
		q.ARN = cmp.Or(q.ARN, c.arn(q.Name))
		q.VisibilityTimeout = cmp.Or(q.VisibilityTimeout, defaultVisibility)
		if q.VisibilityTimeout == noVisibility {
			q.VisibilityTimeout = 0
		}
		q.Retention = cmp.Or(q.Retention, defaultRetention)
		q.MaximumMessageSize = cmp.Or(q.MaximumMessageSize, maxMessageSize)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
}

func (c *Config) arn(name string) string {
	return "arn:aws:sqs:" + c.Region + ":" + c.AccountID + ":" + name
}

// problems collects all that is wrong with a configuration.
type problems []error

func (p *problems) check(ok bool, format string, args ...any) {
	if !ok {
		*p = append(*p, fmt.Errorf(format, args...))
	}
}

// within checks a time: from least to most, in whole seconds.
func (p *problems) within(what string, d, least, most time.Duration) {
	p.check(d >= least && d <= most && d%time.Second == 0,
		"%s is %s, not %s to %s in whole seconds", what, d, least, most)
}

// validate names all that is wrong.
func (c *Config) validate() error {
	var p problems
	p.check(c.Region != "" && c.AccountID != "", "Region and AccountID are needed")
	p.check(c.Dir != "", "a folder for the queues is needed")
	arns := map[string]bool{}
	for _, q := range c.Queues {
		p.check(!arns[q.ARN], "queue %s is there twice", q.Name)
		arns[q.ARN] = true
	}
	for _, q := range c.Queues {
		if err := c.validateQueue(q, arns); err != nil {
			p = append(p, fmt.Errorf("queue %s: %w", q.Name, err))
		}
	}
	return errors.Join(p...)
}

func (c *Config) validateQueue(q Queue, arns map[string]bool) error {
	var p problems
	p.check(isQueueName(q.Name),
		"a name has 1 to 80 letters, digits, hyphens and underscores (there are no FIFO queues here)")
	p.check(q.ARN == c.arn(q.Name), "ARN is %s, not %s", q.ARN, c.arn(q.Name))
	p.within("VisibilityTimeout", q.VisibilityTimeout, 0, maxVisibility)
	p.within("Delay", q.Delay, 0, maxDelay)
	p.within("Retention", q.Retention, minRetention, maxRetention)
	p.check(q.MaximumMessageSize >= minMessageSize && q.MaximumMessageSize <= maxMessageSize,
		"MaximumMessageSize is %d, not %d to %d", q.MaximumMessageSize, minMessageSize, maxMessageSize)
	if q.DeadLetterARN == "" {
		p.check(q.MaxReceiveCount == 0, "MaxReceiveCount is %d, but there is no DeadLetterARN", q.MaxReceiveCount)
		return errors.Join(p...)
	}
	p.check(arns[q.DeadLetterARN] && q.DeadLetterARN != q.ARN,
		"DeadLetterARN is %s, which is no other queue here", q.DeadLetterARN)
	p.check(q.MaxReceiveCount >= 1 && q.MaxReceiveCount <= maxReceiveCount,
		"MaxReceiveCount is %d, not 1 to %d", q.MaxReceiveCount, maxReceiveCount)
	return errors.Join(p...)
}

func isQueueName(name string) bool {
	for _, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return len(name) >= 1 && len(name) <= 80
}
