package template

import (
	"encoding/json"
	"time"
)

// readMapping reads an event of type DynamoDB. AWS: defaults and ranges from Lambda Developer Guide, "Lambda parameters
// for Amazon DynamoDB event source mappings".
func (l *loader) readMapping(r *resource, event field, properties *value) StreamMapping {
	get := func(name string) *value { return l.get(properties, name) }
	stream := l.required(properties, "Stream")
	table := l.find(stream, typeTable, "StreamArn")
	if table != nil && l.get(table.value, "StreamSpecification") == nil {
		l.report(stream.node, "%s has no stream", table.id)
	}
	m := StreamMapping{
		LogicalID:             r.id + event.name,
		Line:                  event.key.Line,
		Function:              r.id,
		Table:                 idOf(table),
		StartingPosition:      l.word(l.required(properties, "StartingPosition"), "", "TRIM_HORIZON", "LATEST"),
		BatchSize:             l.whole(get("BatchSize"), 100, 1, 10000),
		ParallelizationFactor: l.whole(get("ParallelizationFactor"), 1, 1, 10),
		MaximumRetryAttempts:  l.whole(get("MaximumRetryAttempts"), -1, -1, 10000),
		BisectBatchOnError:    l.flag(get("BisectBatchOnFunctionError"), false),
		Filters:               l.readFilters(l.get(get("FilterCriteria"), "Filters")),
		DeadLetters:           l.readDeadLetters(l.get(get("DestinationConfig"), "OnFailure")),
	}
	m.MaximumBatchingWindow = time.Duration(l.whole(get("MaximumBatchingWindowInSeconds"), 0, 0, 300)) * time.Second
	age := get("MaximumRecordAgeInSeconds")
	if seconds := l.whole(age, -1, -1, 604800); seconds >= 60 {
		m.MaximumRecordAge = time.Duration(seconds) * time.Second
	} else if seconds >= 0 {
		l.report(age.node, "%d is too short: -1, or 60 and more", seconds)
	}
	m.ReportBatchItemFailures = l.readResponseTypes(get("FunctionResponseTypes"))
	return m
}

// maxFilters is the quota of filters of a mapping, when raised. AWS: Lambda Developer Guide, event filtering.
const maxFilters = 10

func (l *loader) readFilters(v *value) []string {
	var patterns []string
	for i, filter := range l.items(v) {
		if i == maxFilters {
			l.report(filter.node, "a mapping has at most %d filters", maxFilters)
		}
		pattern := l.required(filter, "Pattern")
		s := l.text(pattern, "{}")
		var fields map[string]json.RawMessage
		if err := json.Unmarshal([]byte(s), &fields); err != nil || fields == nil {
			l.report(pattern.node, "must be a JSON object, written as text")
		}
		patterns = append(patterns, s)
	}
	return patterns
}

// readDeadLetters returns the logical id of the queue, "" if there is none.
func (l *loader) readDeadLetters(onFailure *value) string {
	if onFailure == nil {
		return ""
	}
	l.word(l.get(onFailure, "Type"), "SQS", "SQS")
	return idOf(l.find(l.required(onFailure, "Destination"), typeQueue, "Arn"))
}
