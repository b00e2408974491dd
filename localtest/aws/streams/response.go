package streams

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// verdict is what came out of one attempt at a batch.
type verdict struct {
	done    int  // records from the front that are done with
	failed  bool // the rest has failed; otherwise there is no rest
	whole   bool // it failed as a whole: nothing says which record it was
	problem string
}

// judge reads a function's answer to the records of items, which stand in the event's order.
func judge(r Response, report bool, items []item) verdict {
	switch {
	case r.FunctionError != "":
		return verdict{failed: true, whole: true, problem: "function error " + r.FunctionError}
	case !report:
		return verdict{done: len(items)}
	}
	named, err := reported(r.Payload)
	if err != nil {
		return verdict{failed: true, whole: true, problem: err.Error()}
	}
	position := make(map[string]int, len(items))
	for i, item := range items {
		position[item.number] = i
	}
	done := len(items)
	for _, number := range named {
		i, ok := position[number]
		if !ok {
			return verdict{failed: true, whole: true, problem: "batchItemFailures names a record that was not in the batch"}
		}
		done = min(done, i)
	}
	if done == len(items) {
		return verdict{done: done}
	}
	return verdict{done: done, failed: true, problem: fmt.Sprintf("%d records reported as failed", len(named))}
}

// reported reads the sequence numbers of a partial-failure report: {"batchItemFailures": [{"itemIdentifier": "…"}]}.
// Nothing, null, an object without the list and an empty or null list mean that all went well. Any other form means
// that nothing did (Lambda Developer Guide, "Reporting batch item failures").
func reported(payload []byte) ([]string, error) {
	if len(bytes.TrimSpace(payload)) == 0 {
		return nil, nil
	}
	var report, entry map[string]json.RawMessage // as maps: their keys are matched to the letter
	if err := json.Unmarshal(payload, &report); err != nil {
		return nil, fmt.Errorf("the answer is no report of batch item failures: %w", err)
	}
	if report["batchItemFailures"] == nil {
		return nil, nil
	}
	var failures []json.RawMessage
	if err := json.Unmarshal(report["batchItemFailures"], &failures); err != nil {
		return nil, fmt.Errorf("batchItemFailures: %w", err)
	}
	var numbers []string
	for _, f := range failures {
		var number string
		entry = nil
		if err := json.Unmarshal(f, &entry); err != nil {
			return nil, fmt.Errorf("batchItemFailures: %w", err)
		}
		if err := json.Unmarshal(entry["itemIdentifier"], &number); err != nil || number == "" {
			return nil, errors.New("batchItemFailures has an entry without an itemIdentifier")
		}
		numbers = append(numbers, number)
	}
	return numbers, nil
}
