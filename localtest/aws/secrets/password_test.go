package secrets

import (
	"crypto/rand"
	"strings"
	"testing"
)

func TestPasswordsAreAsAskedFor(t *testing.T) {
	const letters = lowercase + uppercase
	for name, c := range map[string]struct {
		p    Password
		want string // the characters that may be there; all of them are, in a long password
	}{
		"by default":   {Password{Length: 4096, RequireEachIncludedType: true}, letters + numbers + punctuation},
		"no kind":      {Password{Length: 4096, ExcludePunctuation: true, ExcludeNumbers: true}, letters},
		"no letters":   {Password{Length: 4096, ExcludeLowercase: true, ExcludeUppercase: true}, numbers + punctuation},
		"with a space": {Password{Length: 4096, IncludeSpace: true, ExcludePunctuation: true}, letters + numbers + " "},
		"characters":   {Password{Length: 4096, ExcludePunctuation: true, ExcludeCharacters: "lIO0é"}, strings.NewReplacer("l", "", "I", "", "O", "", "0", "").Replace(letters + numbers)},
	} {
		got, err := c.p.generate(rand.Reader)
		if err != nil || len(got) != c.p.Length || strings.Trim(got, c.want) != "" {
			t.Errorf("%s: %d characters, %v; %q are not asked for", name, len(got), err, strings.Trim(got, c.want))
		}
		for _, r := range c.want {
			if !strings.ContainsRune(got, r) {
				t.Errorf("%s: %q is not there", name, r)
			}
		}
	}
}

func TestEachKindIsThereIfAskedFor(t *testing.T) {
	p := Password{Length: 5, IncludeSpace: true, RequireEachIncludedType: true}
	for range 50 {
		got, err := p.generate(rand.Reader)
		if err != nil || !hasEach(got, p.kinds()) {
			t.Errorf("%q, %v", got, err)
		}
	}
}

func TestPasswordsThatCannotBeAreRefused(t *testing.T) {
	for _, c := range []struct {
		p    Password
		want string // "" if it can be
	}{
		{Password{Length: 1}, ""},
		{Password{Length: 4096}, ""},
		{Password{Length: 4, RequireEachIncludedType: true}, ""},
		{Password{Length: 3, RequireEachIncludedType: true, ExcludeCharacters: numbers}, ""},
		{Password{Length: 0}, "1 to 4096 characters, not 0"},
		{Password{Length: 4097}, "1 to 4096 characters, not 4097"},
		{Password{Length: 3, RequireEachIncludedType: true}, "3 characters cannot have one of each of the 4 kinds"},
		{Password{Length: 1, ExcludeCharacters: lowercase + uppercase + numbers + punctuation}, "all characters are excluded"},
	} {
		if err := c.p.Validate(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.p, err, c.want)
		}
	}
}
