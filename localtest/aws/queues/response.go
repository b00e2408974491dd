package queues

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// judge reads a function's answer to a batch. It returns the ids of the messages that have failed, and what is to be
// said about it.
func judge(r Response, report bool, batch []message) (failed map[string]bool, problem string) {
	all := make(map[string]bool, len(batch))
	for _, m := range batch {
		all[m.id] = true
	}
	switch {
	case r.FunctionError != "":
		return all, "function error " + r.FunctionError
	case !report:
		return nil, ""
	}
	named, err := reported(r.Payload)
	if err != nil {
		return all, err.Error()
	}
	failed = map[string]bool{}
	for _, id := range named {
		if !all[id] {
			return all, "batchItemFailures names a message that was not in the batch"
		}
		failed[id] = true
	}
	if len(failed) > 0 {
		problem = fmt.Sprintf("%d messages reported as failed", len(failed))
	}
	return failed, problem
}

// reported reads the message ids of a partial batch response: {"batchItemFailures": [{"itemIdentifier": "…"}]}.
// Nothing, null, an object without the list and an empty or null list mean that all went well. Any other form means
// that nothing did (Lambda Developer Guide, "Handling errors for an SQS event source in Lambda").
func reported(payload []byte) ([]string, error) {
	if len(bytes.TrimSpace(payload)) == 0 {
		return nil, nil
	}
	var report, entry map[string]json.RawMessage // as maps: their keys are matched to the letter
	if err := json.Unmarshal(payload, &report); err != nil {
		return nil, fmt.Errorf("the answer is no partial batch response: %w", err)
	}
	if report["batchItemFailures"] == nil {
		return nil, nil
	}
	var failures []json.RawMessage
	if err := json.Unmarshal(report["batchItemFailures"], &failures); err != nil {
		return nil, fmt.Errorf("batchItemFailures: %w", err)
	}
	var ids []string
	for _, f := range failures {
		var id string
		entry = nil
		if err := json.Unmarshal(f, &entry); err != nil {
			return nil, fmt.Errorf("batchItemFailures: %w", err)
		}
		if err := json.Unmarshal(entry["itemIdentifier"], &id); err != nil || id == "" {
			return nil, errors.New("batchItemFailures has an entry without an itemIdentifier")
		}
		ids = append(ids, id)
	}
	return ids, nil
}
