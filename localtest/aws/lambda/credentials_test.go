package lambda

import (
	"regexp"
	"testing"
)

func TestEachFunctionSignsWithItsOwnKey(t *testing.T) {
	form := regexp.MustCompile(`^ASIA[A-Z0-9]{16}$`)
	seen := map[string]string{}
	for _, name := range []string{"chat-send", "chat_send", "chatsend", "Chat-Send"} {
		key := AccessKeyID(name)
		if !form.MatchString(key) || seen[key] != "" || key != AccessKeyID(name) {
			t.Errorf("%s has %s, as %q", name, key, seen[key])
		}
		seen[key] = name
	}
	s, _ := start(t, func(o *Options, f *Function) {})
	_, out := invoke(t, s, event{Do: "env"})
	found := false
	for _, v := range out.Env {
		found = found || v == "AWS_ACCESS_KEY_ID="+AccessKeyID("tester")
	}
	if !found {
		t.Errorf("the process has %q", out.Env)
	}
}
