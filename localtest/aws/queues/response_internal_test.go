package queues

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestVerdicts(t *testing.T) {
	batch := []message{{id: "1"}, {id: "2"}, {id: "3"}}
	const all = "1 2 3"
	for payload, want := range map[string]string{
		``: "", `null`: "", `{}`: "", `{"batchItemFailures":null}`: "", `{"batchItemFailures":[]}`: "",
		` {"other":1} `: "", `{"BatchItemFailures":[{"itemIdentifier":"2"}]}`: "",
		`{"batchItemFailures":[{"itemIdentifier":"2"}]}`:                                             "2",
		`{"batchItemFailures":[{"itemIdentifier":"3"},{"itemIdentifier":"1"}]}`:                      "1 3",
		`{"batchItemFailures":[{"itemIdentifier":"3"},{"itemIdentifier":"3","why":"it is thrown"}]}`: "3",
		`{"batchItemFailures":[{"itemIdentifier":""}]}`:                                              all,
		`{"batchItemFailures":[{"itemIdentifier":null}]}`:                                            all,
		`{"batchItemFailures":[{"itemIdentifier":2}]}`:                                               all,
		`{"batchItemFailures":[{"ItemIdentifier":"2"}]}`:                                             all,
		`{"batchItemFailures":[{"itemIdentifier":"2"},{"id":"3"}]}`:                                  all,
		`{"batchItemFailures":[null]}`:                                                               all,
		`{"batchItemFailures":["2"]}`:                                                                all,
		`{"batchItemFailures":"2"}`:                                                                  all,
		`{"batchItemFailures":[{"itemIdentifier":"4"}]}`:                                             all,
		`"done"`: all, `[]`: all, `{"batchItem`: all,
	} {
		failed, problem := judge(Response{Payload: []byte(payload)}, true, batch)
		got := strings.Join(slices.Sorted(maps.Keys(failed)), " ")
		if got != want || (problem != "") != (want != "") {
			t.Errorf("%s: failed %q, %q, want %q", payload, got, problem, want)
		}
		if failed, _ := judge(Response{Payload: []byte(payload)}, false, batch); len(failed) > 0 {
			t.Errorf("%s fails %v without ReportBatchItemFailures", payload, failed)
		}
		for _, report := range []bool{true, false} {
			if failed, problem := judge(Response{Payload: []byte(payload), FunctionError: "Unhandled"}, report, batch); len(failed) != 3 || problem == "" {
				t.Errorf("%s and a function error: failed %v, %q", payload, failed, problem)
			}
		}
	}
}
