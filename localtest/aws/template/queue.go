package template

import (
	"slices"
	"time"
)

// readQueue reads a standard queue. AWS: defaults and ranges from Amazon SQS API Reference, CreateQueue; that
// maxReceiveCount is from 1 to 1,000 from Amazon SQS Developer Guide, "Configure a dead-letter queue".
func (l *loader) readQueue(r *resource) Queue {
	known := l.attributes(r)
	seconds := func(name string, fallback, minimum, maximum int) time.Duration {
		return time.Duration(l.whole(l.get(r.value, name), fallback, minimum, maximum)) * time.Second
	}
	q := Queue{
		LogicalID:          r.id,
		Name:               known["QueueName"],
		ARN:                known["Arn"],
		VisibilityTimeout:  seconds("VisibilityTimeout", 30, 0, 43200),
		Delay:              seconds("DelaySeconds", 0, 0, 900),
		RetentionPeriod:    seconds("MessageRetentionPeriod", 345600, 60, 1209600),
		MaximumMessageSize: l.whole(l.get(r.value, "MaximumMessageSize"), 1<<20, 1<<10, 1<<20),
	}
	l.readRedriveAllowPolicy(r)
	redrive := l.get(r.value, "RedrivePolicy")
	if redrive == nil {
		return q
	}
	arn := l.required(redrive, "deadLetterTargetArn")
	target := l.find(arn, typeQueue, "Arn")
	q.DeadLetters = idOf(target)
	q.MaxReceiveCount = l.whole(l.required(redrive, "maxReceiveCount"), 1, 1, 1000)
	if target != nil && !l.takesDeadLetters(target, q.ARN) {
		l.report(arn.node, "the RedriveAllowPolicy of %s does not allow %s", target.id, r.id)
	}
	return q
}

const (
	allowAll = "allowAll"
	denyAll  = "denyAll"
	byQueue  = "byQueue"
)

// maxSources: Amazon SQS API Reference, CreateQueue, sourceQueueArns.
const maxSources = 10

// readRedriveAllowPolicy says which queues may have this one as their dead-letter queue; sources are those of byQueue.
func (l *loader) readRedriveAllowPolicy(r *resource) (permission string, sources []string) {
	policy := l.get(r.value, "RedriveAllowPolicy")
	if policy == nil {
		return allowAll, nil
	}
	permission = l.word(l.required(policy, "redrivePermission"), allowAll, allowAll, denyAll, byQueue)
	arns := l.get(policy, "sourceQueueArns")
	for _, arn := range l.items(arns) {
		sources = append(sources, l.text(arn, ""))
	}
	switch {
	case permission != byQueue && arns != nil:
		l.report(arns.node, "only byQueue takes sourceQueueArns")
	case permission == byQueue && arns == nil:
		l.report(policy.node, "byQueue takes sourceQueueArns")
	case len(sources) > maxSources:
		l.report(arns.node, "%d queues are too many: at most %d", len(sources), maxSources)
	}
	return permission, sources
}

// takesDeadLetters reports whether a queue lets another one, by its ARN, have it as its dead-letter queue.
func (l *loader) takesDeadLetters(r *resource, source string) bool {
	permission, sources := l.readRedriveAllowPolicy(r)
	return permission == allowAll || permission == byQueue && slices.Contains(sources, source)
}

// readQueueMapping reads an event of type SQS. AWS: defaults and ranges from Lambda API Reference,
// CreateEventSourceMapping; that the function's timeout counts from Lambda Developer Guide, "Configuring a queue to use
// with Lambda".
func (l *loader) readQueueMapping(s *System, f Function, event field, properties *value) {
	get := func(name string) *value { return l.get(properties, name) }
	arn := l.required(properties, "Queue")
	queue := l.find(arn, typeQueue, "Arn")
	m := QueueMapping{
		LogicalID:          f.LogicalID + event.name,
		Line:               event.key.Line,
		Function:           f.LogicalID,
		Queue:              idOf(queue),
		Enabled:            l.flag(get("Enabled"), true),
		BatchSize:          l.whole(get("BatchSize"), 10, 1, 10000),
		MaximumConcurrency: l.readMaximumConcurrency(get("ScalingConfig")),
	}
	m.MaximumBatchingWindow = time.Duration(l.whole(get("MaximumBatchingWindowInSeconds"), 0, 0, 300)) * time.Second
	if m.BatchSize > 10 && m.MaximumBatchingWindow == 0 {
		l.report(get("BatchSize").node, "a batch of more than 10 messages needs MaximumBatchingWindowInSeconds of 1 or more")
	}
	m.ReportBatchItemFailures = l.readResponseTypes(get("FunctionResponseTypes"))
	if queue != nil {
		l.checkQueueMapping(s, f, m, arn)
	}
	s.QueueMappings = append(s.QueueMappings, m)
}

// checkQueueMapping refuses what Lambda refuses of a queue and a function together (cfn-lint E3505 is the first).
func (l *loader) checkQueueMapping(s *System, f Function, m QueueMapping, arn *value) {
	for _, q := range s.Queues {
		if q.LogicalID == m.Queue && q.VisibilityTimeout < f.Timeout {
			l.report(arn.node, "queue visibility timeout: %.0f seconds is less than function timeout: %.0f seconds",
				q.VisibilityTimeout.Seconds(), f.Timeout.Seconds())
		}
	}
	if slices.ContainsFunc(s.QueueMappings, func(other QueueMapping) bool {
		return other.Function == m.Function && other.Queue == m.Queue
	}) {
		l.report(arn.node, "there is a mapping from %s to %s already", m.Queue, m.Function)
	}
}

// readMaximumConcurrency returns 0 where there is no limit. AWS: 2 to 1,000, Lambda API Reference, ScalingConfig.
func (l *loader) readMaximumConcurrency(scaling *value) int {
	if scaling == nil {
		return 0
	}
	return l.whole(l.get(scaling, "MaximumConcurrency"), 0, 2, 1000)
}

// readResponseTypes reports whether a mapping reads which items of a batch have failed.
func (l *loader) readResponseTypes(types *value) (reportsItemFailures bool) {
	for _, v := range l.items(types) {
		reportsItemFailures = l.word(v, "", "ReportBatchItemFailures") != ""
	}
	return reportsItemFailures
}
