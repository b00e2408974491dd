package main

import (
	"strings"
	"testing"
)

func TestRightsAreJudgedOnlyWhenAskedFor(t *testing.T) {
	for value, judged := range map[string]bool{"": false, "1": true} {
		o, err := optionsFrom(func(name string) string { return map[string]string{"RIGHTS": value}[name] })
		if err != nil || (o.Rights != nil) != judged {
			t.Errorf("RIGHTS=%s: judged is %v, %v", value, o.Rights != nil, err)
		}
	}
	_, err := optionsFrom(func(name string) string { return map[string]string{"RIGHTS": "yes"}[name] })
	if err == nil || !strings.Contains(err.Error(), `RIGHTS: "yes" is not 1`) {
		t.Errorf("RIGHTS=yes: %v", err)
	}
}
