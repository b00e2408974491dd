package e2e

import (
	"cmp"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	shownFrame   = regexp.MustCompile(`(?m)^    (\{"action":.*\})$`)
	shownRequest = regexp.MustCompile(`(?m)^    alice (?:-X ([A-Z]+) )?http://127\.0\.0\.1:3000(/\S*)(?: -d '(.*)')?$`)
)

// TestWhatTheREADMEShowsWorks: typed as it says there, each line does what it is to do.
func TestWhatTheREADMEShowsWorks(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, w *world) {
		alice, bob := w.as("alice"), w.as("bob")
		// Rooms and users have names of their own here.
		text := strings.NewReplacer(`"general"`, `"`+w.room("general")+`"`, "/general/", "/"+w.room("general")+"/",
			`"bob"`, `"`+bob.user+`"`, "/bob ", "/"+bob.user+" ").Replace(string(readme))
		frames := shownFrame.FindAllStringSubmatch(text, -1)
		for i, shown := range frames {
			var f fields
			if err := json.Unmarshal([]byte(shown[1]), &f); err != nil {
				t.Fatalf("%s: %v", shown[1], err)
			}
			action := f["action"].(string)
			delete(f, "action")
			alice.does(action, f)
			if i == 0 {
				bob.does(action, f)
			}
		}
		requests := shownRequest.FindAllStringSubmatch(text, -1)
		for _, shown := range requests {
			method, body := cmp.Or(shown[1], http.MethodGet), shown[3]
			if shown[1] == "" && body != "" {
				method = http.MethodPost
			}
			a, err := alice.calls(method, shown[2], "application/x-www-form-urlencoded", body) // as curl says
			if err != nil || a.status/100 != 2 {
				t.Errorf("%s: %d %s, %v", shown[0], a.status, a.body, err)
			}
		}
		if len(frames) != 4 || len(requests) != 4 {
			t.Errorf("%d frames and %d requests are shown, want 4 and 4", len(frames), len(requests))
		}
	})
}
