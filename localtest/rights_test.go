package main

import (
	"strings"
	"testing"
)

// The shell's keys, which an engine outside is called with, do not say which function calls.
func TestRightsCannotBeJudgedOnAnEngineOutside(t *testing.T) {
	settings := map[string]string{"RIGHTS": "1", "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"}
	_, err := optionsFrom(func(name string) string { return settings[name] })
	if err == nil || !strings.Contains(err.Error(), "RIGHTS: ") {
		t.Errorf("error is %v", err)
	}
}

func TestRightsAreJudgedOnlyWhenAskedFor(t *testing.T) {
	for value, judged := range map[string]bool{"": false, "1": true} {
		o, err := optionsFrom(func(name string) string { return map[string]string{"RIGHTS": value}[name] })
		if err != nil || (o.Rights != nil) != judged {
			t.Errorf("RIGHTS=%s: judged is %v, %v", value, o.Rights != nil, err)
		}
	}
	_, err := optionsFrom(func(name string) string { return map[string]string{"RIGHTS": "yes"}[name] })
	if err == nil || !strings.Contains(err.Error(), `RIGHTS: "yes" is not a number from 0 to 1`) {
		t.Errorf("RIGHTS=yes: %v", err)
	}
}
