package dynamo_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestAWriteWaitsForTheTransactionOfOthers: it is tried again, and a transaction as a new one.
func TestAWriteWaitsForTheTransactionOfOthers(t *testing.T) {
	const conflict = `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"no"}`
	const cancelled = `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"no",` +
		`"CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"}]}`
	for name, refusal := range map[string]string{
		"put": conflict, "update": conflict, "delete": conflict, "transact": cancelled,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries, tokens := 0, map[string]bool{}
				s := storeOn(httpFunc(func(r *http.Request) (*http.Response, error) {
					var body struct{ ClientRequestToken string }
					err := json.NewDecoder(r.Body).Decode(&body)
					tokens[body.ClientRequestToken] = true
					if tries++; tries < 3 {
						return answer(http.StatusBadRequest, refusal), err
					}
					return answer(http.StatusOK, "{}"), err
				}))
				begun := time.Now()
				if err := calls(s)[name](t.Context()); err != nil || tries < 3 {
					t.Errorf("got %v after %d tries, want none after the third", err, tries)
				}
				if took := time.Since(begun); took > 100*time.Millisecond {
					t.Errorf("took %v, want a transaction of milliseconds to be waited for", took)
				}
				if name == "transact" && len(tokens) != tries {
					t.Errorf("%d transactions had %d tokens, want each its own", tries, len(tokens))
				}
			})
		})
	}
}
